using Krewe.Rollouts.Counts;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Interfaces.Models;

/// <summary>What was decided about a model's traffic, and what was counted under its last rollout.</summary>
/// <param name="Traffic">The decisions.</param>
/// <param name="Counts">The counts, of all who route calls.</param>
/// <param name="Epoch">The epoch of the route that this is.</param>
/// <param name="Now">The time by the clock that the decisions go by.</param>
[GenerateSerializer, Immutable, Alias("krewe.traffic-reading")]
public sealed record TrafficReading(
    [property: Id(0)] ModelTraffic Traffic, [property: Id(1)] RolloutCounts Counts, [property: Id(2)] long Epoch,
    [property: Id(3)] DateTimeOffset Now);

/// <summary>What one process has counted under a rollout since it began: each report has all of it, so that none need arrive.</summary>
/// <param name="Reporter">A name that only this process has.</param>
/// <param name="Number">Grows with each report: a later one replaces the one before.</param>
/// <param name="Counts">The rollout, and what was counted by step; nothing for a process that has routed none of its calls.</param>
[GenerateSerializer, Immutable, Alias("krewe.call-report")]
public sealed record CallReport([property: Id(0)] string Reporter, [property: Id(1)] long Number, [property: Id(2)] RolloutCounts Counts);

/// <summary>What an operator wants of a rollout under way.</summary>
[GenerateSerializer, Immutable, Alias("krewe.rollout-order")]
public sealed record RolloutOrder([property: Id(0)] RolloutCommand Command, [property: Id(1)] ChangeAuthor Author);
