namespace Krewe.Rollouts;

/// <summary>All guards of a plan.</summary>
internal static class GuardPanel
{
    private static readonly GuardKind[] Kinds = Enum.GetValues<GuardKind>();

    /// <summary>The worst that any guard finds.</summary>
    public static GuardFinding Look(RolloutGuards guards, StepCounts counts, GuardLevel level) =>
        Kinds.Select(kind => Look(kind, guards, counts, level)).MaxBy(finding => finding.State);

    /// <summary>What one guard finds; one that is off finds nothing.</summary>
    public static GuardFinding Look(GuardKind kind, RolloutGuards guards, StepCounts counts, GuardLevel level) => kind switch
    {
        GuardKind.ErrorRate when guards.MaxErrorRateIncrease is { } allowed => Worse(
            ErrorRateGuard.Look(allowed, guards.MinSample, counts.Serving, counts.Canary, level),
            ErrorRateGuard.Look(allowed, guards.MinSample, counts.Serving, counts.Shadow, level)),
        GuardKind.P50 when guards.MaxP50Ratio is { } ratio =>
            LatencyGuard.Look(new LatencyLimit(kind, 0.5, ratio, guards.MinP50Increase), guards.MinSample, counts.Pairs, level),
        GuardKind.P99 when guards.MaxP99Ratio is { } ratio =>
            LatencyGuard.Look(new LatencyLimit(kind, 0.99, ratio, guards.MinP99Increase), guards.MinSample, counts.Pairs, level),
        GuardKind.Disagreement when guards.MaxDisagreement is { } allowed => DisagreementGuard.Look(allowed, guards.MinSample, counts.Comparison, level),
        _ => GuardFinding.Healthy,
    };

    private static GuardFinding Worse(GuardFinding left, GuardFinding right) => right.State > left.State ? right : left;
}
