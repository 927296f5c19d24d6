using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Storage;

namespace Krewe.Grains.Interfaces.Serialization.Values;

/// <summary>The wire form of values that are sent as they are stored.</summary>
[GenerateSerializer]
internal struct StoredForm
{
    [Id(0)] public byte[] Json;
}

/// <summary>Encodes the decisions about a model's traffic.</summary>
[RegisterConverter]
internal sealed class ModelTrafficConverter : IConverter<ModelTraffic, StoredForm>
{
    public ModelTraffic ConvertFromSurrogate(in StoredForm surrogate) => TrafficJson.ReadTraffic(surrogate.Json);

    public StoredForm ConvertToSurrogate(in ModelTraffic value) => new() { Json = TrafficJson.Write(value) };
}

/// <summary>Encodes a model's route.</summary>
[RegisterConverter]
internal sealed class TrafficRouteConverter : IConverter<TrafficRoute, StoredForm>
{
    public TrafficRoute ConvertFromSurrogate(in StoredForm surrogate) => TrafficJson.ReadRoute(surrogate.Json);

    public StoredForm ConvertToSurrogate(in TrafficRoute value) => new() { Json = TrafficJson.Write(value) };
}

/// <summary>Encodes a rollout's plan.</summary>
[RegisterConverter]
internal sealed class RolloutPlanConverter : IConverter<RolloutPlan, StoredForm>
{
    public RolloutPlan ConvertFromSurrogate(in StoredForm surrogate) => TrafficJson.ReadPlan(surrogate.Json);

    public StoredForm ConvertToSurrogate(in RolloutPlan value) => new() { Json = TrafficJson.Write(value) };
}

/// <summary>Encodes a rollout's counts.</summary>
[RegisterConverter]
internal sealed class RolloutCountsConverter : IConverter<RolloutCounts, StoredForm>
{
    public RolloutCounts ConvertFromSurrogate(in StoredForm surrogate) => TrafficJson.ReadCounts(surrogate.Json);

    public StoredForm ConvertToSurrogate(in RolloutCounts value) => new() { Json = TrafficJson.Write(value) };
}

/// <summary>Encodes the author of a change field by field.</summary>
[RegisterConverter]
internal sealed class ChangeAuthorConverter : IConverter<ChangeAuthor, ChangeAuthorConverter.Surrogate>
{
    public ChangeAuthor ConvertFromSurrogate(in Surrogate surrogate) => new(surrogate.Actor, surrogate.Why, surrogate.At);

    public Surrogate ConvertToSurrogate(in ChangeAuthor value) => new() { Actor = value.Actor, Why = value.Why, At = value.At };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public string Actor;
        [Id(1)] public string Why;
        [Id(2)] public DateTimeOffset At;
    }
}
