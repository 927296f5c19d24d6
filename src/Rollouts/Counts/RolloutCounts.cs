using System.Collections.Immutable;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Counts;

/// <summary>What was counted under a rollout, by step; durable beside <see cref="ModelTraffic"/>, which changes less often.</summary>
/// <param name="Rollout">The rollout's id; empty for none.</param>
/// <param name="Steps">By <see cref="Rollout.Step"/>.</param>
public sealed record RolloutCounts(
    [property: JsonPropertyName("rollout")] string Rollout,
    [property: JsonPropertyName("steps")] ImmutableSortedDictionary<int, StepCounts> Steps)
{
    /// <summary>Nothing counted.</summary>
    public static RolloutCounts None { get; } = new("", ImmutableSortedDictionary<int, StepCounts>.Empty);
}

/// <summary>What one version did in one role during one step.</summary>
/// <param name="Requests">Calls that ended, well or not; those whose caller went away are left out.</param>
/// <param name="Errors">Those that failed, whatever the caller got in the end.</param>
/// <param name="Latency">How long those took that went well.</param>
public sealed record ArmCounts(
    [property: JsonPropertyName("requests")] long Requests,
    [property: JsonPropertyName("errors")] long Errors,
    [property: JsonPropertyName("latency")] LatencyHistogram Latency)
{
    /// <summary>Nothing counted.</summary>
    public static ArmCounts Empty { get; } = new(0, 0, LatencyHistogram.Empty);

    /// <summary>The part of the calls that failed, 0 to 1; 0 without calls.</summary>
    public double ErrorRate => Requests == 0 ? 0 : (double)Errors / Requests;

    /// <summary>Both together.</summary>
    public ArmCounts Add(ArmCounts other) => new(Requests + other.Requests, Errors + other.Errors, Latency.Add(other.Latency));

    /// <summary>What this one has beyond an earlier reading of the same.</summary>
    public ArmCounts Since(ArmCounts before) => new(
        Math.Max(0, Requests - before.Requests), Math.Max(0, Errors - before.Errors), Latency.Since(before.Latency));
}
