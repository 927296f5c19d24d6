using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>What version is asked for travels as a number, as an alias, or as neither.</summary>
[RegisterConverter]
internal sealed class VersionSelectorConverter : IConverter<VersionSelector, VersionSelectorConverter.Surrogate>
{
    public VersionSelector ConvertFromSurrogate(in Surrogate surrogate) =>
        surrogate.Number == 0 ? VersionSelector.Parse(surrogate.Alias) : VersionSelector.Of(new ModelVersion(surrogate.Number));

    public Surrogate ConvertToSurrogate(in VersionSelector value) =>
        new() { Number = value.Number?.Number ?? 0, Alias = value.Alias };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public long Number;

        [Id(1)]
        public string? Alias;
    }
}
