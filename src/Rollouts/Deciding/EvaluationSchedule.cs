using Krewe.Rollouts.Counts;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Deciding;

/// <summary>
/// When the guards are evaluated. Each evaluation spends a part of the rollout's false-alarm probability, so the next one waits until the
/// new version's calls in the window have grown by a tenth.
/// </summary>
internal static class EvaluationSchedule
{
    private const double Growth = 1.1;
    private const long MinWindowCalls = 1000;
    private static readonly TimeSpan MinWindowTime = TimeSpan.FromSeconds(30);

    public static bool IsDue(Rollout rollout, StepCounts window) =>
        CallsOf(window) >= Math.Max(1, rollout.Plan.Guards.MinSample) * Math.Pow(Growth, rollout.Evaluations);

    /// <summary>True when a healthy window has enough calls and time to be closed.</summary>
    public static bool IsWindowOver(Rollout rollout, StepCounts window, DateTimeOffset now) =>
        CallsOf(window) >= Math.Max(MinWindowCalls, rollout.Plan.Guards.MinSample)
        && now - (rollout.Window?.Since ?? rollout.StepSince) >= MinWindowTime;

    public static GuardWindow NextWindow(Rollout rollout, StepCounts counted, DateTimeOffset now) =>
        new((rollout.Window?.Number ?? 1) + 1, now, counted);

    private static long CallsOf(StepCounts counts) => counts.Canary.Requests + counts.Shadow.Requests;
}
