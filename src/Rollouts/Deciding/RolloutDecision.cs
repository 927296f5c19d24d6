using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Guarding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Deciding;

/// <summary>Whether a rollout steps, promotes or goes back: a function of its state, what was counted, and the time.</summary>
public static class RolloutDecision
{
    private static readonly RolloutMove Nothing = new RolloutMove.Stay();

    /// <summary>
    /// What is to be done now. A rollout that is being warmed up or has ended stays as it is; one whose calls do not come waits for them.
    /// To be asked about once a second; oftener does no harm.
    /// </summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="counts">What was counted, by step; the counts of steps that are over are the serving version's past.</param>
    /// <param name="now">The time.</param>
    public static RolloutMove Decide(Rollout rollout, IReadOnlyDictionary<int, StepCounts> counts, DateTimeOffset now)
    {
        if (!rollout.Phase.IsUnderWay() || rollout.Phase == RolloutPhase.Warming)
        {
            return Nothing;
        }

        var evidence = StepEvidence.Of(rollout, counts);
        return rollout.Signal is { } signal
            ? SignalTrial.Hear(rollout, signal, evidence, now) ?? (
                StepEnd.IsOverdue(rollout, signal, now) ? new RolloutMove.Finish() : Nothing)
            : Look(rollout, evidence, now);
    }

    private static RolloutMove Look(Rollout rollout, StepEvidence evidence, DateTimeOffset now)
    {
        var guards = rollout.Plan.Guards;
        var window = evidence.Since(rollout.Window?.Before);
        var isLook = EvaluationSchedule.IsDue(rollout, window);
        var level = isLook ? GuardLevel.OfLook(rollout.Plan, rollout.Window?.Number ?? 1, rollout.Looks + 1) : GuardLevel.Silent;
        var finding = GuardPanel.Look(guards, window, level);
        if (finding is { State: GuardState.Signal, Numbers: { } numbers })
        {
            return new RolloutMove.Look(rollout.Looks + 1, new GuardSignal(numbers.Guard, now, evidence.Whole), rollout.Window);
        }

        var isHealthy = finding.State == GuardState.Healthy;
        return StepEnd.Find(rollout, evidence.Whole, isHealthy && IsHealthyAsAWhole(guards, evidence), now)
            ?? (isHealthy && EvaluationSchedule.IsWindowOver(rollout, window, now) ? new RolloutMove.Look(
                0, null, EvaluationSchedule.NextWindow(rollout, evidence.Whole, now))
            : isLook ? new RolloutMove.Look(rollout.Looks + 1, null, rollout.Window)
            : Nothing);
    }

    // A past that was luckier than the serving version mostly is would otherwise hold a step for ever: it gets no new calls.
    private static bool IsHealthyAsAWhole(RolloutGuards guards, StepEvidence evidence) =>
        evidence.Past is not null || GuardPanel.Look(guards, evidence.All, GuardLevel.Silent).State == GuardState.Healthy;
}

/// <summary>Whether a step, or the time after them, is over.</summary>
internal static class StepEnd
{
    // A signal that no calls come to decide about does not keep the old version in memory for ever.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>What comes next; null where it is not over.</summary>
    public static RolloutMove? Find(Rollout rollout, StepCounts counts, bool isHealthy, DateTimeOffset now) => rollout.Phase switch
    {
        RolloutPhase.KeepingWarm when now - rollout.PhaseSince >= rollout.Plan.KeepWarm => new RolloutMove.Finish(),
        RolloutPhase.Running when isHealthy && rollout.CurrentStep is { } step && IsOver(step, rollout, counts, now) => Next(rollout),
        _ => null,
    };

    /// <summary>True where the old version has been kept for long enough, and a signal has waited long enough.</summary>
    public static bool IsOverdue(Rollout rollout, GuardSignal signal, DateTimeOffset now) =>
        rollout.Phase == RolloutPhase.KeepingWarm && now - rollout.PhaseSince >= rollout.Plan.KeepWarm && now - signal.At >= Patience;

    private static bool IsOver(RolloutStep step, Rollout rollout, StepCounts counts, DateTimeOffset now) =>
        rollout.StepTime(now) >= step.Dwell && counts.Canary.Requests + counts.Comparison.Compared >= step.MinRequests;

    private static RolloutMove Next(Rollout rollout) =>
        rollout.Step + 1 < rollout.Plan.Steps.Length ? new RolloutMove.NextStep()
        : rollout.Plan.PromotesItself ? new RolloutMove.Switch()
        : new RolloutMove.AwaitPromotion();
}
