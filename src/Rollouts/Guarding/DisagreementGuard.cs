namespace Krewe.Rollouts;

/// <summary>
/// Whether more of a shadow's answers differ from the serving version's than is allowed, by the exact binomial test. The two answer the same inputs, so that
/// there is nothing else to compare with.
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
