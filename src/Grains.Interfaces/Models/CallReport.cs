using Krewe.Rollouts;

namespace Krewe.Grains.Interfaces;

/// <summary>What one process has counted under a rollout since it began: each report has all of it, so that none need arrive.</summary>
/// <param name="Reporter">A name that only this process has.</param>
/// <param name="Number">Grows with each report: a later one replaces the one before.</param>
/// <param name="Counts">The rollout, and what was counted by step; nothing for a process that has routed none of its calls.</param>
[GenerateSerializer, Immutable, Alias("krewe.call-report")]
public sealed record CallReport([property: Id(0)] string Reporter, [property: Id(1)] long Number, [property: Id(2)] RolloutCounts Counts);
