using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>A model's name travels as text and is checked where it arrives.</summary>
[RegisterConverter]
internal sealed class ModelNameConverter : IConverter<ModelName, ModelNameConverter.Surrogate>
{
    public ModelName ConvertFromSurrogate(in Surrogate surrogate) =>
        surrogate.Value is null ? default : ModelName.Parse(surrogate.Value);

    public Surrogate ConvertToSurrogate(in ModelName value) =>
        new() { Value = value.Value };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public string? Value;
    }
}
