using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Control;

/// <summary>A rollout and the counts of each step.</summary>
public sealed record RolloutStatus(ModelName Model, Rollout Rollout, ImmutableSortedDictionary<int, StepCounts> Counts, DateTimeOffset Now)
{
    /// <summary>True if phase, step or pending command differ from another status of the model.</summary>
    public bool HasMovedFrom(RolloutStatus other) => (Rollout.Id, Rollout.Phase, Rollout.PhaseSince, Rollout.Step, Rollout.Pending)
        != (other.Rollout.Id, other.Rollout.Phase, other.Rollout.PhaseSince, other.Rollout.Step, other.Rollout.Pending);
}
