using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Rollouts;

/// <summary>A rollout with what was counted in each step.</summary>
public sealed record RolloutStatus(ModelName Model, Rollout Rollout, ImmutableSortedDictionary<int, StepCounts> Counts, DateTimeOffset Now);
