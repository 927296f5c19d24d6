using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>A version of a model travels as name and number.</summary>
[RegisterConverter]
internal sealed class ModelIdConverter : IConverter<ModelId, ModelIdConverter.Surrogate>
{
    public ModelId ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Name, surrogate.Version);

    public Surrogate ConvertToSurrogate(in ModelId value) =>
        new() { Name = value.Name, Version = value.Version };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public ModelName Name;

        [Id(1)]
        public ModelVersion Version;
    }
}
