using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Guarding;

/// <summary>Evaluates the guards of a plan.</summary>
internal static class GuardPanel
{
    private static readonly GuardKind[] Kinds = Enum.GetValues<GuardKind>();

    /// <summary>The worst finding of all guards.</summary>
    public static GuardFinding Evaluate(RolloutGuards guards, StepCounts counts, GuardLevel level) =>
        Kinds.Select(kind => Evaluate(kind, guards, counts, level)).MaxBy(finding => finding.State);

    /// <summary>The finding of one guard; healthy if it is off.</summary>
    public static GuardFinding Evaluate(GuardKind kind, RolloutGuards guards, StepCounts counts, GuardLevel level) => kind switch
    {
        GuardKind.ErrorRate when guards.MaxErrorRateIncrease is { } allowed => Worse(
            ErrorRateGuard.Evaluate(allowed, guards.MinSample, counts.Serving, counts.Canary, level),
            ErrorRateGuard.Evaluate(allowed, guards.MinSample, counts.Serving, counts.Shadow, level)),
        GuardKind.P50 when guards.MaxP50Ratio is { } ratio =>
            LatencyGuard.Evaluate(new LatencyLimit(kind, 0.5, ratio, guards.MinP50Increase), guards.MinSample, counts.Pairs, level),
        GuardKind.P99 when guards.MaxP99Ratio is { } ratio =>
            LatencyGuard.Evaluate(new LatencyLimit(kind, 0.99, ratio, guards.MinP99Increase), guards.MinSample, counts.Pairs, level),
        GuardKind.Disagreement when guards.MaxDisagreement is { } allowed =>
            DisagreementGuard.Evaluate(allowed, guards.MinSample, counts.Comparison, level),
        _ => GuardFinding.Healthy,
    };

    private static GuardFinding Worse(GuardFinding left, GuardFinding right) => right.State > left.State ? right : left;
}

/// <summary>
/// Compares the share of differing shadow responses with the threshold, by the exact binomial test. Both versions answer the same inputs,
/// so the serving version contributes no sampling error.
/// </summary>
internal static class DisagreementGuard
{
    public static GuardFinding Evaluate(double allowed, long minSample, ComparisonCounts comparison, GuardLevel level)
    {
        var (compared, differing) = (comparison.Compared, comparison.Disagreements);
        if (compared < Math.Max(1, minSample) || differing <= allowed * compared)
        {
            return GuardFinding.Healthy;
        }

        // No bound is drawn from the serving version's calls, so the whole level goes to the test.
        return GuardFinding.Over(
            new GuardBreach(GuardKind.Disagreement, allowed, 0, (double)differing / compared, compared, compared, 1),
            level == GuardLevel.ThresholdOnly ? level : level with { Serving = 0 },
            () => Binomial.AtLeast(differing, compared, allowed));
    }
}

/// <summary>
/// Compares the new version's error rate with the serving version's plus the threshold. The serving version's rate is bounded from above
/// (Clopper–Pearson), then the new version's errors are tested against that bound plus the threshold by the exact binomial test.
/// </summary>
internal static class ErrorRateGuard
{
    public static GuardFinding Evaluate(double allowed, long minSample, ArmCounts serving, ArmCounts candidate, GuardLevel level)
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
