namespace Krewe.Rollouts;

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
