using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Deciding;

/// <summary>The counts of a rollout's current step that guards are evaluated on.</summary>
/// <param name="Whole">All counts of the step.</param>
/// <param name="Past">
/// The serving version's counts of earlier steps, if it gets no calls any more; otherwise null, and both are compared over the same time.
/// </param>
internal sealed record StepEvidence(StepCounts Whole, ArmCounts? Past)
{
    public static StepEvidence Of(Rollout rollout, IReadOnlyDictionary<int, StepCounts> counts)
    {
        var isAlone = rollout.CurrentStep is not { } step || step.Canary == Share.All;
        return new StepEvidence(
            counts.GetValueOrDefault(rollout.Step, StepCounts.Empty),
            isAlone ? counts.Where(pair => pair.Key < rollout.Step).Aggregate(ArmCounts.Empty, (sum, pair) => sum.Add(pair.Value.Serving))
                : null);
    }

    /// <summary>All counts of the step.</summary>
    public StepCounts All => WithServing(Whole);

    /// <summary>The counts after an earlier reading.</summary>
    public StepCounts Since(StepCounts? before) => before is null ? All : WithServing(Whole.Since(before));

    /// <summary>The same, with latency only from calls made on both versions at once.</summary>
    public StepCounts TwinsSince(StepCounts before) => Since(before) with { Pairs = Whole.Pairs.Since(before.Pairs) };

    // Past and present cannot be paired: conditions may have changed.
    private StepCounts WithServing(StepCounts counts) => Past is null ? counts : counts with
    {
        Serving = Past, Pairs = new LatencyPairs(Past.Latency, counts.Canary.Latency, Past.Latency.Total),
    };
}
