using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Guarding;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Deciding;

/// <summary>
/// Whether a signal is true. Calls of one second resemble each other: a pause of the process or a noisy neighbour hits them together, and
/// no test that takes them for independent may judge by them alone. So a second passes, and then come parts of calls, each of a second at
/// least, which speak for the signal where the new version is over the threshold. The rollout goes back where three parts speak for it and
/// more than against it, and all calls since are over the threshold by more than chance. The signal is dropped where three speak against it
/// and more than for it, or all calls since are within the threshold. Where the old version gets no calls any more, durations are tried by
/// calls that are made on both versions at once: the past was another time.
/// </summary>
internal static class SignalTrial
{
    private const long CallsOfPart = 30;
    private const int Parts = 3;
    private static readonly TimeSpan TimeOfPart = TimeSpan.FromSeconds(1);

    // Without memory for a second session of the old version there are no such calls.
    private static readonly TimeSpan PatienceForTwins = TimeSpan.FromSeconds(30);

    /// <summary>What follows; null as long as there is nothing new.</summary>
    public static RolloutMove? Hear(Rollout rollout, GuardSignal signal, StepEvidence evidence, DateTimeOffset now)
    {
        if (now - (signal.Trial?.Since ?? signal.At) < TimeOfPart)
        {
            return null;
        }

        if (signal.Trial is not { } trial)
        {
            return Remember(rollout, signal with { Before = evidence.Whole }, new GuardTrial(now, evidence.Whole, 0, 0));
        }

        var areTwins = AreTwins(signal, evidence, now);
        var part = Since(evidence, trial.Before, areTwins);
        if (!HasCalls(signal.Guard, part, evidence.Whole, SampleOf(rollout)))
        {
            return null;
        }

        var isOver = Look(rollout, signal, evidence, part, areTwins, GuardLevel.Silent).State > GuardState.Healthy;
        return Judge(rollout, signal, evidence, areTwins, new GuardTrial(
            now, evidence.Whole, trial.For + (isOver ? 1 : 0), trial.Against + (isOver ? 0 : 1)));
    }

    private static RolloutMove Judge(Rollout rollout, GuardSignal signal, StepEvidence evidence, bool areTwins, GuardTrial trial)
    {
        var all = Look(rollout, signal, evidence, Since(evidence, signal.Before, areTwins), areTwins, GuardLevel.Confirming);
        return all is { State: GuardState.Signal, Numbers: { } numbers } && trial.For >= Parts && trial.For > trial.Against
                ? new RolloutMove.RollBack(areTwins ? numbers : OfWindow(rollout, signal, evidence) ?? numbers)
            : trial.Against >= Parts && (trial.Against > trial.For + Parts || all.State == GuardState.Healthy)
                ? new RolloutMove.Look(0, null, EvaluationSchedule.NextWindow(rollout, evidence.Whole, trial.Since))
            : Remember(rollout, signal, trial);
    }

    private static RolloutMove.Look Remember(Rollout rollout, GuardSignal signal, GuardTrial trial) =>
        new(rollout.Looks, signal with { Trial = trial }, rollout.Window);

    private static bool AreTwins(GuardSignal signal, StepEvidence evidence, DateTimeOffset now) =>
        evidence.Past is not null && signal.Guard is GuardKind.P50 or GuardKind.P99
        && (now - signal.At < PatienceForTwins || evidence.TwinsSince(signal.Before).Pairs.Control.Total > 0);

    private static StepCounts Since(StepEvidence evidence, StepCounts before, bool areTwins) =>
        areTwins ? evidence.TwinsSince(before) : evidence.Since(before);

    private static long SampleOf(Rollout rollout) => Math.Min(CallsOfPart, rollout.Plan.Guards.MinSample);

    /// <summary>Both calls and copies, where both are made and either may have failed.</summary>
    private static bool HasCalls(GuardKind guard, StepCounts part, StepCounts whole, long calls) => guard switch
    {
        GuardKind.Disagreement => part.Comparison.Compared >= calls,
        GuardKind.ErrorRate => part.Serving.Requests >= calls
            && (part.Canary.Requests >= calls || whole.Canary.Requests == 0) && (
                part.Shadow.Requests >= calls || whole.Shadow.Requests == 0),
        _ => part.Pairs.Control.Total >= calls && part.Pairs.Canary.Total >= calls,
    };

    /// <summary>
    /// The better of two findings: against what the serving version does at the same time, so that what slows down both sends nobody back;
    /// and against what it did in the whole window, so that a few good calls of it do not either.
    /// </summary>
    private static GuardFinding Look(
        Rollout rollout, GuardSignal signal, StepEvidence evidence, StepCounts calls, bool areTwins, GuardLevel level)
    {
        var guards = rollout.Plan.Guards with { MinSample = SampleOf(rollout) };
        if (areTwins)
        {
            // A tenth of the calls shows a quantile of 99 % late, and a version that is slow shows in either.
            var (p50, p99) = (GuardPanel.Look(GuardKind.P50, guards, calls, level), GuardPanel.Look(GuardKind.P99, guards, calls, level));
            return p99.State > p50.State ? p99 : p50;
        }

        var now = GuardPanel.Look(signal.Guard, guards, calls, level);
        var window = evidence.Since(rollout.Window?.Before);
        var withWindow = calls with { Serving = window.Serving, Pairs = window.Pairs with { Canary = calls.Pairs.Canary } };
        var before = GuardPanel.Look(signal.Guard, guards, withWindow, level);
        return now.State < before.State ? now : before;
    }

    /// <summary>
    /// The numbers of the whole window, in which the guard spoke and was confirmed. Null where it is within the threshold as a whole: the
    /// calls between the signal and the trial were good, or counts were lost with their silo.
    /// </summary>
    private static GuardBreach? OfWindow(Rollout rollout, GuardSignal signal, StepEvidence evidence) => GuardPanel.Look(
        signal.Guard, rollout.Plan.Guards, evidence.Since(rollout.Window?.Before), GuardLevel.OfLook(rollout.Plan, 1, 1)).Numbers;
}
