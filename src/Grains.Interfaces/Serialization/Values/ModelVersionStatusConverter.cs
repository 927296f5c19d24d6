using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>A line of the index travels with its state as a stable number.</summary>
[RegisterConverter]
internal sealed class ModelVersionStatusConverter : IConverter<ModelVersionStatus, ModelVersionStatusConverter.Surrogate>
{
    public ModelVersionStatus ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Name, surrogate.Version, (VersionState)surrogate.State, surrogate.Reason);

    public Surrogate ConvertToSurrogate(in ModelVersionStatus value) =>
        new() { Name = value.Name, Version = value.Version, State = (int)value.State, Reason = value.Reason };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public ModelName Name;

        [Id(1)]
        public ModelVersion? Version;

        [Id(2)]
        public int State;

        [Id(3)]
        public string Reason;
    }
}
