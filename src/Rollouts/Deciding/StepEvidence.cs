using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Deciding;

/// <summary>What the guards are shown of a rollout's present step.</summary>
/// <param name="Whole">All that was counted in it.</param>
/// <param name="Past">
/// What the serving version did before, where it gets no calls any more; null where it does, so that both are compared over the same time.
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

    /// <summary>All of the step.</summary>
    public StepCounts All => WithServing(Whole);

    /// <summary>What came after an earlier reading.</summary>
    public StepCounts Since(StepCounts? before) => before is null ? All : WithServing(Whole.Since(before));

    /// <summary>The same with the durations of calls alone that were made on both versions at once.</summary>
    public StepCounts TwinsSince(StepCounts before) => Since(before) with { Pairs = Whole.Pairs.Since(before.Pairs) };

    // The past has no pairs with the present: it was another time.
    private StepCounts WithServing(StepCounts counts) => Past is null ? counts : counts with
    {
        Serving = Past, Pairs = new LatencyPairs(Past.Latency, counts.Canary.Latency, Past.Latency.Total),
    };
}
