namespace Krewe.Rollouts;

/// <summary>
/// Whether a new version fails more often than the serving one does plus what is allowed. The serving version's rate is bounded from above first
/// (Clopper and Pearson), then the new version's errors are held against that bound plus the threshold by the exact binomial test.
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
            new GuardBreach(GuardKind.ErrorRate, allowed, serving.ErrorRate, candidate.ErrorRate, serving.Requests, candidate.Requests, 1), level,
            () => FindProbability(allowed, serving, candidate, level));
    }

    private static double FindProbability(double allowed, ArmCounts serving, ArmCounts candidate, GuardLevel level)
    {
        var bound = Binomial.UpperBound(serving.Errors, serving.Requests, level.Serving);
        return Binomial.AtLeast(candidate.Errors, candidate.Requests, Math.Min(1, bound + allowed));
    }
}
