namespace Krewe.Rollouts;

/// <summary>
/// Whether a quantile of a new version's durations is longer than the serving one's by more than the allowed factor. The serving version's quantile is
/// bounded from above by one of its ordered durations; of the new version, at most a part 1 - p may take longer than the factor times that, which is held
/// against those that do by the exact binomial test. Nothing is supposed of how durations are distributed, and buckets are read to the new version's favour.
/// </summary>
internal static class LatencyGuard
{
    public static GuardFinding Look(
        GuardKind guard, double p, double ratio, long minSample, LatencyHistogram serving, LatencyHistogram candidate, GuardLevel level)
    {
        var (before, after) = (serving.Total, candidate.Total);
        var needed = Math.Max(1, minSample);
        if (before < needed || after < needed)
        {
            return GuardFinding.Healthy;
        }

        var quantile = serving.Quantile(p)!.Value;
        if (candidate.CountFrom(quantile * ratio) <= (1 - p) * after)
        {
            return GuardFinding.Healthy;
        }

        return GuardFinding.Over(
            new GuardBreach(guard, ratio, quantile.TotalMilliseconds, candidate.Quantile(p)!.Value.TotalMilliseconds, before, after, 1), level,
            () => FindProbability(p, ratio, serving, candidate, level));
    }

    private static double FindProbability(double p, double ratio, LatencyHistogram serving, LatencyHistogram candidate, GuardLevel level) =>
        Binomial.UpperRank(p, serving.Total, level.Serving) is { } rank
            ? Binomial.AtLeast(candidate.CountFrom(serving.DurationAt(rank) * ratio), candidate.Total, 1 - p)
            : 1;
}
