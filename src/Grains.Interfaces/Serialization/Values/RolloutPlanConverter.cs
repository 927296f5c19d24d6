using Krewe.Rollouts;

namespace Krewe.Grains.Interfaces;

/// <summary>A plan travels as it is stored.</summary>
[RegisterConverter]
internal sealed class RolloutPlanConverter : IConverter<RolloutPlan, RolloutPlanConverter.Surrogate>
{
    public RolloutPlan ConvertFromSurrogate(in Surrogate surrogate) => TrafficJson.ReadPlan(surrogate.Json);

    public Surrogate ConvertToSurrogate(in RolloutPlan value) => new() { Json = TrafficJson.Write(value) };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public byte[] Json;
    }
}
