namespace Krewe.Rollouts;

/// <summary>
/// Whether a signal is true. Calls of one second resemble each other: a pause of the process, or a noisy neighbour, hits them together, and no test that takes them for
/// independent may judge by them alone. So a second passes after the signal, and calls made after that, and no others, must be over the threshold too.
/// </summary>
internal static class SignalTrial
{
    private const long MinSample = 30;
    private const long SampleToDrop = 5;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TimeToDrop = TimeSpan.FromSeconds(30);

    /// <summary>What follows; null as long as it is open.</summary>
    public static RolloutMove? Hear(Rollout rollout, GuardSignal signal, StepEvidence evidence, DateTimeOffset now)
    {
        if (!signal.IsSettled)
        {
            return now - signal.At >= Settling
                ? new RolloutMove.Look(rollout.Looks, signal with { Before = evidence.Whole, IsSettled = true }, rollout.Window)
                : null;
        }

        var fresh = evidence.Since(signal.Before);
        var finding = Look(signal.Guard, rollout, fresh, evidence.Since(rollout.Window?.Before).Serving);
        return finding.State == GuardState.Signal ? new RolloutMove.RollBack(Describe(rollout, signal, evidence) ?? finding.Numbers!)
            : finding.State == GuardState.Healthy && now - signal.At >= TimeToDrop && IsEnough(signal.Guard, rollout.Plan.Guards, fresh, evidence.Whole)
                ? new RolloutMove.Look(0, null, LookSchedule.NextWindow(rollout, evidence.Whole, now))
            : null;
    }

    /// <summary>
    /// The better of two findings: against the serving version's calls of the same time, so that what slows down both sends nobody back; and against those of the
    /// whole window, so that a few good ones do not either.
    /// </summary>
    private static GuardFinding Look(GuardKind guard, Rollout rollout, StepCounts fresh, ArmCounts servingOfWindow)
    {
        var guards = rollout.Plan.Guards with { MinSample = Math.Min(MinSample, rollout.Plan.Guards.MinSample) };
        var now = GuardPanel.Look(guard, guards, fresh, GuardLevel.Confirming);
        var before = GuardPanel.Look(guard, guards, fresh with { Serving = servingOfWindow }, GuardLevel.Confirming);
        return before.State < now.State ? before : now;
    }

    /// <summary>Both calls and copies, where both are made: the signal may have come of either.</summary>
    private static bool IsEnough(GuardKind guard, RolloutGuards guards, StepCounts fresh, StepCounts whole)
    {
        var needed = SampleToDrop * Math.Max(1, guards.MinSample);
        return guard switch
        {
            GuardKind.Disagreement => fresh.Comparison.Compared >= needed,
            GuardKind.ErrorRate => (fresh.Canary.Requests >= needed || whole.Canary.Requests == 0) && (fresh.Shadow.Requests >= needed || whole.Shadow.Requests == 0),
            _ => fresh.Canary.Requests >= needed,
        };
    }

    /// <summary>The numbers of the whole window, which are more than the few that confirmed it.</summary>
    private static GuardBreach? Describe(Rollout rollout, GuardSignal signal, StepEvidence evidence) => GuardPanel.Look(
        signal.Guard, rollout.Plan.Guards, evidence.Since(rollout.Window?.Before), GuardLevel.OfLook(rollout.Plan, 1, 1)).Numbers;
}
