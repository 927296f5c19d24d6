using Krewe.Rollouts.Counts;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Deciding;

/// <summary>
/// When the guards look. Each look costs a part of what false alarms may sum up to, so they look when there is something new to see: when
/// the new version's calls in the window have grown by a tenth.
/// </summary>
internal static class EvaluationSchedule
{
    private const double Growth = 1.1;
    private const long CallsOfWindow = 1000;
    private static readonly TimeSpan TimeOfWindow = TimeSpan.FromSeconds(30);

    public static bool IsDue(Rollout rollout, StepCounts window) =>
        CallsOf(window) >= Math.Max(1, rollout.Plan.Guards.MinSample) * Math.Pow(Growth, rollout.Looks);

    /// <summary>True where the window has had calls and time enough to find nothing wrong, and should not grow any longer.</summary>
    public static bool IsWindowOver(Rollout rollout, StepCounts window, DateTimeOffset now) =>
        CallsOf(window) >= Math.Max(CallsOfWindow, rollout.Plan.Guards.MinSample)
        && now - (rollout.Window?.Since ?? rollout.StepSince) >= TimeOfWindow;

    public static GuardWindow NextWindow(Rollout rollout, StepCounts counted, DateTimeOffset now) =>
        new((rollout.Window?.Number ?? 1) + 1, now, counted);

    private static long CallsOf(StepCounts counts) => counts.Canary.Requests + counts.Shadow.Requests;
}
