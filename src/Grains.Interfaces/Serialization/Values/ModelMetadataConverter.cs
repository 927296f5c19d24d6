using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>A signature of a version travels field by field.</summary>
[RegisterConverter]
internal sealed class ModelMetadataConverter : IConverter<ModelMetadata, ModelMetadataConverter.Surrogate>
{
    public ModelMetadata ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Model, surrogate.Versions, surrogate.Platform, surrogate.Inputs, surrogate.Outputs);

    public Surrogate ConvertToSurrogate(in ModelMetadata value) =>
        new()
        {
            Model = value.Model,
            Versions = value.Versions,
            Platform = value.Platform,
            Inputs = value.Inputs,
            Outputs = value.Outputs,
        };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public ModelId Model;

        [Id(1)]
        public ImmutableArray<ModelVersion> Versions;

        [Id(2)]
        public string Platform;

        [Id(3)]
        public ImmutableArray<TensorSpec> Inputs;

        [Id(4)]
        public ImmutableArray<TensorSpec> Outputs;
    }
}
