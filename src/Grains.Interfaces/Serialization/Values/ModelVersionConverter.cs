using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>A version travels as its number; 0 is the default value.</summary>
[RegisterConverter]
internal sealed class ModelVersionConverter : IConverter<ModelVersion, ModelVersionConverter.Surrogate>
{
    public ModelVersion ConvertFromSurrogate(in Surrogate surrogate) =>
        surrogate.Number == 0 ? default : new ModelVersion(surrogate.Number);

    public Surrogate ConvertToSurrogate(in ModelVersion value) =>
        new() { Number = value.Number };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public long Number;
    }
}
