using System.Globalization;
using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.States;

/// <summary>Rollouts as text, for history entries, reasons and errors.</summary>
public static class RolloutWords
{
    /// <summary>A short description of a rollout.</summary>
    public static string Name(Rollout rollout) =>
        $"the {PlanWords.Describe(rollout.Plan.Strategy)} rollout from version {rollout.From} to version {rollout.Plan.Version}";

    /// <summary>The description of a phase.</summary>
    public static string Describe(RolloutPhase phase) => phase switch
    {
        RolloutPhase.Warming => "warming up",
        RolloutPhase.Running => "running",
        RolloutPhase.Paused => "paused",
        RolloutPhase.AwaitingPromotion => "waiting for promotion",
        RolloutPhase.KeepingWarm => "promoted, with the old version kept warm",
        RolloutPhase.Promoted => "promoted",
        RolloutPhase.RolledBack => "rolled back",
        RolloutPhase.Aborted => "aborted",
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, null),
    };

    /// <summary>How to end the keep-warm phase.</summary>
    public static string EndKeepWarm(Rollout rollout) =>
        $"promote it again to release version {rollout.From} now, or abort it to go back to it";

    /// <summary>The name of a guard in responses and metrics.</summary>
    public static string Name(GuardKind guard) => guard switch
    {
        GuardKind.ErrorRate => "error_rate",
        GuardKind.P50 => "p50",
        GuardKind.P99 => "p99",
        GuardKind.Disagreement => "disagreement",
        _ => throw new ArgumentOutOfRangeException(nameof(guard), guard, null),
    };

    /// <summary>The reason of a rollback by a guard, with the numbers.</summary>
    public static string Describe(GuardBreach breach)
    {
        var sample = $"{breach.CandidateSample} against {breach.ServingSample} calls, p = {Number(breach.PValue)}";
        return breach.Guard switch
        {
            GuardKind.ErrorRate => $"{Percent(breach.Candidate)} of its calls failed, of the serving version's {Percent(breach.Serving)}; "
                + $"{Percent(breach.Threshold)} more is allowed ({sample})",
            GuardKind.P50 => Slow("half of its calls", breach, sample),
            GuardKind.P99 => Slow("99 of 100 calls", breach, sample),
            GuardKind.Disagreement => $"{Percent(breach.Candidate)} of its answers differ from the serving version's; "
                + $"{Percent(breach.Threshold)} is allowed ({breach.CandidateSample} compared, p = {Number(breach.PValue)})",
            _ => throw new ArgumentOutOfRangeException(nameof(breach), breach.Guard, null),
        };
    }

    private static string Slow(string what, GuardBreach breach, string sample) =>
        $"{what} took up to {Number(breach.Candidate)} ms, the serving version's {Number(breach.Serving)} ms; {Number(breach.Threshold)} "
            + "times as long is allowed, "
        + $"and {Number(breach.IncreaseMs)} ms more in any case ({sample})";

    private static string Percent(double part) => Number(part * 100) + " %";

    private static string Number(double value) =>
        value.ToString("0.###", CultureInfo.InvariantCulture) is var text && text != "0" || value == 0
        ? text
        : value.ToString("0.#e0", CultureInfo.InvariantCulture);
}
