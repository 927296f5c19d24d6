using Krewe.Rollouts.Counts;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Interfaces.Models;

/// <summary>The decisions about a model's traffic, and the counts of its last rollout.</summary>
/// <param name="Traffic">The decisions.</param>
/// <param name="Counts">The counts of all routing processes.</param>
/// <param name="Epoch">The epoch of the route.</param>
/// <param name="Now">The current time on the clock that decisions use.</param>
[GenerateSerializer, Immutable, Alias("krewe.traffic-reading")]
public sealed record TrafficReading(
    [property: Id(0)] ModelTraffic Traffic, [property: Id(1)] RolloutCounts Counts, [property: Id(2)] long Epoch,
    [property: Id(3)] DateTimeOffset Now);

/// <summary>A process's counts under a rollout since it began: each report is cumulative, so reports may be lost.</summary>
/// <param name="Reporter">A name unique to this process.</param>
/// <param name="Number">Grows with each report; a later report replaces an earlier one.</param>
/// <param name="Counts">The rollout, and the counts by step; empty if the process has routed none of its calls.</param>
[GenerateSerializer, Immutable, Alias("krewe.call-report")]
public sealed record CallReport([property: Id(0)] string Reporter, [property: Id(1)] long Number, [property: Id(2)] RolloutCounts Counts);

/// <summary>An operator's command to an active rollout.</summary>
[GenerateSerializer, Immutable, Alias("krewe.rollout-order")]
public sealed record RolloutOrder([property: Id(0)] RolloutCommand Command, [property: Id(1)] ChangeAuthor Author);
