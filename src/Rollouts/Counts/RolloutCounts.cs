using System.Collections.Immutable;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Counts;

/// <summary>The counts of a rollout by step; stored separately from <see cref="ModelTraffic"/>, which changes less often.</summary>
/// <param name="Rollout">The rollout's id; empty for none.</param>
/// <param name="Steps">By <see cref="Rollout.Step"/>.</param>
public sealed record RolloutCounts(
    [property: JsonPropertyName("rollout")] string Rollout,
    [property: JsonPropertyName("steps")] ImmutableSortedDictionary<int, StepCounts> Steps)
{
    /// <summary>Without counts.</summary>
    public static RolloutCounts None { get; } = new("", ImmutableSortedDictionary<int, StepCounts>.Empty);
}

/// <summary>The counts of one version in one role during one step.</summary>
/// <param name="Requests">Completed calls, successful or not, without those whose caller disconnected.</param>
/// <param name="Errors">Failed calls, even if the caller got a response by a fallback.</param>
/// <param name="Latency">Latencies of successful calls.</param>
public sealed record ArmCounts(
    [property: JsonPropertyName("requests")] long Requests,
    [property: JsonPropertyName("errors")] long Errors,
    [property: JsonPropertyName("latency")] LatencyHistogram Latency)
{
    /// <summary>All zero.</summary>
    public static ArmCounts Empty { get; } = new(0, 0, LatencyHistogram.Empty);

    /// <summary>The share of failed calls, 0 to 1; 0 without calls.</summary>
    public double ErrorRate => Requests == 0 ? 0 : (double)Errors / Requests;

    /// <summary>The sum of both.</summary>
    public ArmCounts Add(ArmCounts other) => new(Requests + other.Requests, Errors + other.Errors, Latency.Add(other.Latency));

    /// <summary>The difference to an earlier reading.</summary>
    public ArmCounts Since(ArmCounts before) => new(
        Math.Max(0, Requests - before.Requests), Math.Max(0, Errors - before.Errors), Latency.Since(before.Latency));
}
