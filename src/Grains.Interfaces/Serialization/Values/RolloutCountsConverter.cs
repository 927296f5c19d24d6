using Krewe.Rollouts;

namespace Krewe.Grains.Interfaces;

/// <summary>Counts travel as they are stored.</summary>
[RegisterConverter]
internal sealed class RolloutCountsConverter : IConverter<RolloutCounts, RolloutCountsConverter.Surrogate>
{
    public RolloutCounts ConvertFromSurrogate(in Surrogate surrogate) => TrafficJson.ReadCounts(surrogate.Json);

    public Surrogate ConvertToSurrogate(in RolloutCounts value) => new() { Json = TrafficJson.Write(value) };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public byte[] Json;
    }
}
