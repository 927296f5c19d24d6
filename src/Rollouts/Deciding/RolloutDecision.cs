using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Guarding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Deciding;

/// <summary>Decides whether a rollout advances, promotes or rolls back: a pure function of its state, the counts and the time.</summary>
public static class RolloutDecision
{
    private static readonly RolloutMove Nothing = new RolloutMove.Stay();

    /// <summary>
    /// The next move. Rollouts that are warming up or have ended stay as they are; a step without enough calls waits for them.
    /// Meant to be evaluated once a second; more often is harmless.
    /// </summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="counts">Counts by step; those of earlier steps are the serving version's baseline when it gets no calls.</param>
    /// <param name="now">The time.</param>
    public static RolloutMove Decide(Rollout rollout, IReadOnlyDictionary<int, StepCounts> counts, DateTimeOffset now)
    {
        if (!rollout.Phase.IsUnderWay() || rollout.Phase == RolloutPhase.Warming)
        {
            return Nothing;
        }

        var evidence = StepEvidence.Of(rollout, counts);
        return rollout.Signal is { } signal
            ? SignalTrial.Evaluate(rollout, signal, evidence, now) ?? (
                StepEnd.IsOverdue(rollout, signal, now) ? new RolloutMove.Finish() : Nothing)
            : EvaluateGuards(rollout, evidence, now);
    }

    private static RolloutMove EvaluateGuards(Rollout rollout, StepEvidence evidence, DateTimeOffset now)
    {
        var guards = rollout.Plan.Guards;
        var window = evidence.Since(rollout.Window?.Before);
        var isDue = EvaluationSchedule.IsDue(rollout, window);
        var number = rollout.Evaluations + 1;
        var level = isDue ? GuardLevel.OfEvaluation(rollout.Plan, rollout.Window?.Number ?? 1, number) : GuardLevel.ThresholdOnly;
        var finding = GuardPanel.Evaluate(guards, window, level);
        if (finding is { State: GuardState.Signal, Numbers: { } numbers })
        {
            return new RolloutMove.RecordEvaluation(number, new GuardSignal(numbers.Guard, now, evidence.Whole), rollout.Window);
        }

        var isHealthy = finding.State == GuardState.Healthy;
        return StepEnd.Find(rollout, evidence.Whole, isHealthy && IsHealthyAsAWhole(guards, evidence), now)
            ?? (isHealthy && EvaluationSchedule.IsWindowOver(rollout, window, now) ? new RolloutMove.RecordEvaluation(
                0, null, EvaluationSchedule.NextWindow(rollout, evidence.Whole, now))
            : isDue ? new RolloutMove.RecordEvaluation(number, null, rollout.Window)
            : Nothing);
    }

    // A serving version that was better than usual in the past would otherwise block a step for ever: it gets no new calls.
    private static bool IsHealthyAsAWhole(RolloutGuards guards, StepEvidence evidence) =>
        evidence.Past is not null || GuardPanel.Evaluate(guards, evidence.All, GuardLevel.ThresholdOnly).State == GuardState.Healthy;
}

/// <summary>Decides whether a step, or the time of keeping the old version warm, is over.</summary>
internal static class StepEnd
{
    // An unconfirmed signal without new calls must not keep the old version in memory for ever.
    private static readonly TimeSpan SignalTimeout = TimeSpan.FromMinutes(1);

    /// <summary>The next move; null while the step is not over.</summary>
    public static RolloutMove? Find(Rollout rollout, StepCounts counts, bool isHealthy, DateTimeOffset now) => rollout.Phase switch
    {
        RolloutPhase.KeepingWarm when now - rollout.PhaseSince >= rollout.Plan.KeepWarm => new RolloutMove.Finish(),
        RolloutPhase.Running when isHealthy && rollout.CurrentStep is { } step && IsOver(step, rollout, counts, now) => Next(rollout),
        _ => null,
    };

    /// <summary>True when both the keep-warm time and the signal's timeout have passed.</summary>
    public static bool IsOverdue(Rollout rollout, GuardSignal signal, DateTimeOffset now) =>
        rollout.Phase == RolloutPhase.KeepingWarm && now - rollout.PhaseSince >= rollout.Plan.KeepWarm && now - signal.At >= SignalTimeout;

    private static bool IsOver(RolloutStep step, Rollout rollout, StepCounts counts, DateTimeOffset now) =>
        rollout.StepTime(now) >= step.Dwell && counts.Canary.Requests + counts.Comparison.Compared >= step.MinRequests;

    private static RolloutMove Next(Rollout rollout) =>
        rollout.Step + 1 < rollout.Plan.Steps.Length ? new RolloutMove.NextStep()
        : rollout.Plan.PromotesItself ? new RolloutMove.Switch()
        : new RolloutMove.AwaitPromotion();
}
