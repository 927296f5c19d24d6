using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Control;

/// <summary>A rollout with what was counted in each step.</summary>
public sealed record RolloutStatus(ModelName Model, Rollout Rollout, ImmutableSortedDictionary<int, StepCounts> Counts, DateTimeOffset Now)
{
    /// <summary>Whether this is somewhere else than another status of the model.</summary>
    public bool HasMovedFrom(RolloutStatus other) => (Rollout.Id, Rollout.Phase, Rollout.PhaseSince, Rollout.Step, Rollout.Pending)
        != (other.Rollout.Id, other.Rollout.Phase, other.Rollout.PhaseSince, other.Rollout.Step, other.Rollout.Pending);
}
