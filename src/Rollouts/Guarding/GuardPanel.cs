using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Guarding;

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
        GuardKind.Disagreement when guards.MaxDisagreement is { } allowed =>
            DisagreementGuard.Look(allowed, guards.MinSample, counts.Comparison, level),
        _ => GuardFinding.Healthy,
    };

    private static GuardFinding Worse(GuardFinding left, GuardFinding right) => right.State > left.State ? right : left;
}

/// <summary>
/// Whether more of a shadow's answers differ from the serving version's than is allowed, by the exact binomial test. The two answer the
/// same inputs, so that there is nothing else to compare with.
/// </summary>
internal static class DisagreementGuard
{
    public static GuardFinding Look(double allowed, long minSample, ComparisonCounts comparison, GuardLevel level)
    {
        var (compared, differing) = (comparison.Compared, comparison.Disagreements);
        if (compared < Math.Max(1, minSample) || differing <= allowed * compared)
        {
            return GuardFinding.Healthy;
        }

        // No bound is drawn from the serving version's calls, so none can be wrong.
        return GuardFinding.Over(
            new GuardBreach(GuardKind.Disagreement, allowed, 0, (double)differing / compared, compared, compared, 1),
            level == GuardLevel.Silent ? level : level with { Serving = 0 },
            () => Binomial.AtLeast(differing, compared, allowed));
    }
}

/// <summary>
/// Whether a new version fails more often than the serving one does plus what is allowed. The serving version's rate is bounded from above
/// first (Clopper and Pearson), then the new version's errors are held against that bound plus the threshold by the exact binomial test.
/// </summary>
internal static class ErrorRateGuard
{
    public static GuardFinding Look(double allowed, long minSample, ArmCounts serving, ArmCounts candidate, GuardLevel level)
    {
        var needed = Math.Max(1, minSample);
        if (serving.Requests < needed || candidate.Requests < needed || candidate.ErrorRate <= serving.ErrorRate + allowed)
        {
            return GuardFinding.Healthy;
        }

        return GuardFinding.Over(
            new GuardBreach(GuardKind.ErrorRate, allowed, serving.ErrorRate, candidate.ErrorRate, serving.Requests, candidate.Requests, 1),
                level,
            () => FindProbability(allowed, serving, candidate, level));
    }

    private static double FindProbability(double allowed, ArmCounts serving, ArmCounts candidate, GuardLevel level)
    {
        var bound = Binomial.UpperBound(serving.Errors, serving.Requests, level.Serving);
        return Binomial.AtLeast(candidate.Errors, candidate.Requests, Math.Min(1, bound + allowed));
    }
}
