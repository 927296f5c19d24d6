using System.Collections.Immutable;

namespace Krewe.Rollouts;

/// <summary>What was counted under a rollout, by step; durable beside <see cref="ModelTraffic"/>, which changes less often.</summary>
/// <param name="Rollout">The rollout's id; empty for none.</param>
/// <param name="Steps">By <see cref="Rollout.Step"/>.</param>
public sealed record RolloutCounts(string Rollout, ImmutableSortedDictionary<int, StepCounts> Steps)
{
    /// <summary>Nothing counted.</summary>
    public static RolloutCounts None { get; } = new("", ImmutableSortedDictionary<int, StepCounts>.Empty);
}
