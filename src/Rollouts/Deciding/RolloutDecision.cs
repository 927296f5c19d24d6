namespace Krewe.Rollouts;

/// <summary>Whether a rollout steps, promotes or goes back: a function of its state, what was counted, and the time.</summary>
public static class RolloutDecision
{
    private static readonly RolloutMove Nothing = new RolloutMove.Stay();

    /// <summary>
    /// What is to be done now. A rollout that is being warmed up or has ended stays as it is; one whose calls do not come waits for them. To be asked about once
    /// a second; oftener does no harm.
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
            ? SignalTrial.Hear(rollout, signal, evidence, now) ?? (StepEnd.IsOverdue(rollout, signal, now) ? new RolloutMove.Finish() : Nothing)
            : Look(rollout, evidence, now);
    }

    private static RolloutMove Look(Rollout rollout, StepEvidence evidence, DateTimeOffset now)
    {
        var guards = rollout.Plan.Guards;
        var window = evidence.Since(rollout.Window?.Before);
        var isLook = LookSchedule.IsDue(rollout, window);
        var level = isLook ? GuardLevel.OfLook(rollout.Plan, rollout.Window?.Number ?? 1, rollout.Looks + 1) : GuardLevel.Silent;
        var finding = GuardPanel.Look(guards, window, level);
        if (finding is { State: GuardState.Signal, Numbers: { } numbers })
        {
            return new RolloutMove.Look(rollout.Looks + 1, new GuardSignal(numbers.Guard, now, evidence.Whole), rollout.Window);
        }

        var isHealthy = finding.State == GuardState.Healthy;
        return StepEnd.Find(rollout, evidence.Whole, isHealthy && IsHealthyAsAWhole(guards, evidence), now)
            ?? (isHealthy && LookSchedule.IsWindowOver(rollout, window, now) ? new RolloutMove.Look(0, null, LookSchedule.NextWindow(rollout, evidence.Whole, now))
            : isLook ? new RolloutMove.Look(rollout.Looks + 1, null, rollout.Window)
            : Nothing);
    }

    // A past that was luckier than the serving version mostly is would otherwise hold a step for ever: it gets no new calls.
    private static bool IsHealthyAsAWhole(RolloutGuards guards, StepEvidence evidence) =>
        evidence.Past is not null || GuardPanel.Look(guards, evidence.All, GuardLevel.Silent).State == GuardState.Healthy;
}
