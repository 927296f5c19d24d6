using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Guarding;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Deciding;

/// <summary>
/// Confirms or drops a guard's signal. Calls of the same second are correlated (a pause of the process, a noisy neighbour), and a test that
/// assumes independence must not decide on them alone. After one second, later calls are evaluated in parts of at least one second; a part
/// confirms the signal if the new version is over the threshold. Roll back when three parts confirm, more than contradict, and all calls
/// since are over the threshold by more than chance. Drop the signal when three parts contradict and either all calls since are within the
/// threshold or four more parts contradict than confirm. If the old version gets no calls, latency is compared by calls made on both
/// versions at once: the past is not comparable.
/// </summary>
internal static class SignalTrial
{
    private const long MinPartCalls = 30;
    private const int Parts = 3;
    private static readonly TimeSpan MinPartTime = TimeSpan.FromSeconds(1);

    // Without memory for a second session of the old version there are no calls on both versions.
    private static readonly TimeSpan TwinTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The next move; null while there is not enough new data.</summary>
    public static RolloutMove? Evaluate(Rollout rollout, GuardSignal signal, StepEvidence evidence, DateTimeOffset now)
    {
        if (now - (signal.Trial?.Since ?? signal.At) < MinPartTime)
        {
            return null;
        }

        if (signal.Trial is not { } trial)
        {
            return Record(rollout, signal with { Before = evidence.Whole }, new GuardTrial(now, evidence.Whole, 0, 0));
        }

        var areTwins = AreTwins(signal, evidence, now);
        var part = Since(evidence, trial.Before, areTwins);
        if (!HasCalls(signal.Guard, part, evidence.Whole, SampleOf(rollout)))
        {
            return null;
        }

        var isOver = EvaluateCalls(rollout, signal, evidence, part, areTwins, GuardLevel.ThresholdOnly).State > GuardState.Healthy;
        return Conclude(rollout, signal, evidence, areTwins, new GuardTrial(
            now, evidence.Whole, trial.For + (isOver ? 1 : 0), trial.Against + (isOver ? 0 : 1)));
    }

    private static RolloutMove Conclude(Rollout rollout, GuardSignal signal, StepEvidence evidence, bool areTwins, GuardTrial trial)
    {
        var all = EvaluateCalls(rollout, signal, evidence, Since(evidence, signal.Before, areTwins), areTwins, GuardLevel.Confirming);
        return all is { State: GuardState.Signal, Numbers: { } numbers } && trial.For >= Parts && trial.For > trial.Against
                ? new RolloutMove.RollBack(areTwins ? numbers : OfWindow(rollout, signal, evidence) ?? numbers)
            : trial.Against >= Parts && (trial.Against > trial.For + Parts || all.State == GuardState.Healthy)
                ? new RolloutMove.RecordEvaluation(0, null, EvaluationSchedule.NextWindow(rollout, evidence.Whole, trial.Since))
            : Record(rollout, signal, trial);
    }

    private static RolloutMove.RecordEvaluation Record(Rollout rollout, GuardSignal signal, GuardTrial trial) =>
        new(rollout.Evaluations, signal with { Trial = trial }, rollout.Window);

    private static bool AreTwins(GuardSignal signal, StepEvidence evidence, DateTimeOffset now) =>
        evidence.Past is not null && signal.Guard is GuardKind.P50 or GuardKind.P99
        && (now - signal.At < TwinTimeout || evidence.TwinsSince(signal.Before).Pairs.Control.Total > 0);

    private static StepCounts Since(StepEvidence evidence, StepCounts before, bool areTwins) =>
        areTwins ? evidence.TwinsSince(before) : evidence.Since(before);

    private static long SampleOf(Rollout rollout) => Math.Min(MinPartCalls, rollout.Plan.Guards.MinSample);

    /// <summary>True if the part has enough calls, and enough copies where copies are made: either may have failed.</summary>
    private static bool HasCalls(GuardKind guard, StepCounts part, StepCounts whole, long calls) => guard switch
    {
        GuardKind.Disagreement => part.Comparison.Compared >= calls,
        GuardKind.ErrorRate => part.Serving.Requests >= calls
            && (part.Canary.Requests >= calls || whole.Canary.Requests == 0) && (
                part.Shadow.Requests >= calls || whole.Shadow.Requests == 0),
        _ => part.Pairs.Control.Total >= calls && part.Pairs.Canary.Total >= calls,
    };

    /// <summary>
    /// The milder of two findings: against the serving version over the same calls, so that a slowdown of both does not roll back; and
    /// against the serving version over the whole window, so that a few unusually good calls of it do not either.
    /// </summary>
    private static GuardFinding EvaluateCalls(
        Rollout rollout, GuardSignal signal, StepEvidence evidence, StepCounts calls, bool areTwins, GuardLevel level)
    {
        var guards = rollout.Plan.Guards with { MinSample = SampleOf(rollout) };
        if (areTwins)
        {
            // One call in ten takes long to show a p99, and a slow version shows in either quantile.
            var p50 = GuardPanel.Evaluate(GuardKind.P50, guards, calls, level);
            var p99 = GuardPanel.Evaluate(GuardKind.P99, guards, calls, level);
            return p99.State > p50.State ? p99 : p50;
        }

        var now = GuardPanel.Evaluate(signal.Guard, guards, calls, level);
        var window = evidence.Since(rollout.Window?.Before);
        var withWindow = calls with { Serving = window.Serving, Pairs = window.Pairs with { Canary = calls.Pairs.Canary } };
        var before = GuardPanel.Evaluate(signal.Guard, guards, withWindow, level);
        return now.State < before.State ? now : before;
    }

    /// <summary>
    /// The numbers of the whole window in which the signal was raised and confirmed. Null if the window as a whole is within the threshold:
    /// calls between signal and trial were good, or counts were lost with a silo.
    /// </summary>
    private static GuardBreach? OfWindow(Rollout rollout, GuardSignal signal, StepEvidence evidence) => GuardPanel.Evaluate(
        signal.Guard, rollout.Plan.Guards, evidence.Since(rollout.Window?.Before), GuardLevel.OfEvaluation(rollout.Plan, 1, 1)).Numbers;
}
