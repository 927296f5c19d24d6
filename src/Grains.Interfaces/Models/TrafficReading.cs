using Krewe.Rollouts;

namespace Krewe.Grains.Interfaces;

/// <summary>What was decided about a model's traffic, and what was counted under its last rollout.</summary>
/// <param name="Traffic">The decisions.</param>
/// <param name="Counts">The counts, of all who route calls.</param>
/// <param name="Epoch">The epoch of the route that this is.</param>
/// <param name="Now">The time by the clock that the decisions go by.</param>
[GenerateSerializer, Immutable, Alias("krewe.traffic-reading")]
public sealed record TrafficReading(
    [property: Id(0)] ModelTraffic Traffic, [property: Id(1)] RolloutCounts Counts, [property: Id(2)] long Epoch,
    [property: Id(3)] DateTimeOffset Now);
