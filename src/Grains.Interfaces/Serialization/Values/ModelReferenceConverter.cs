using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>A model as a caller names it travels as name and version asked for.</summary>
[RegisterConverter]
internal sealed class ModelReferenceConverter : IConverter<ModelReference, ModelReferenceConverter.Surrogate>
{
    public ModelReference ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Name, surrogate.Version);

    public Surrogate ConvertToSurrogate(in ModelReference value) =>
        new() { Name = value.Name, Version = value.Version };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public ModelName Name;

        [Id(1)]
        public VersionSelector Version;
    }
}
