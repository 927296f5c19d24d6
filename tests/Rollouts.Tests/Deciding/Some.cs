using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Tests.Deciding;

/// <summary>Rollouts and counts made by hand.</summary>
internal static class Some
{
    public static DateTimeOffset Noon { get; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The plan of who says no more than that it is a canary.</summary>
    public static RolloutPlan Plan { get; } = new()
    {
        Strategy = RolloutStrategy.Canary, Version = new ModelVersion(2), Steps = RolloutPlan.DefaultSteps(RolloutStrategy.Canary),
    };

    /// <summary>One that begins at <see cref="Noon"/>.</summary>
    public static Rollout Rollout { get; } = new()
    {
        Id = "a", Plan = Plan, From = new ModelVersion(1), Phase = RolloutPhase.Warming, StartedAt = Noon, PhaseSince = Noon, StepSince = Noon,
    };

    public static ArmCounts Calls(long good, TimeSpan? took = null, long errors = 0) => new(good + errors, errors, Histogram(good, took ?? TimeSpan.FromMilliseconds(10)));

    public static StepCounts Counts(ArmCounts serving, ArmCounts canary, ArmCounts? shadow = null) =>
        new(serving, canary, shadow ?? ArmCounts.Empty, ComparisonCounts.Empty) { Pairs = new LatencyPairs(serving.Latency, canary.Latency, 0) };

    public static LatencyHistogram Histogram(long count, TimeSpan took)
    {
        var counts = new long[LatencyHistogram.BucketOf(took) + 1];
        counts[^1] = count;
        return new LatencyHistogram { Counts = count == 0 ? [] : [.. counts] };
    }
}
