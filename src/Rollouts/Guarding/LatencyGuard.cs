namespace Krewe.Rollouts;

/// <summary>
/// Whether a quantile of a new version's durations is longer than the control group's by more than is allowed. The control group's quantile is bounded from
/// above by one of its ordered durations; of the new version, at most a part 1 - p may take longer than what is allowed beyond that, which is held against those that
/// do by the exact binomial test. Nothing is supposed of how durations are distributed, and buckets are read to the new version's favour.
/// </summary>
internal static class LatencyGuard
{
    public static GuardFinding Look(LatencyLimit limit, long minSample, LatencyPairs pairs, GuardLevel level)
    {
        var (control, candidate) = (pairs.Control, pairs.Canary);
        var (before, after) = (control.Total, candidate.Total);
        var needed = Math.Max(1, minSample);
        if (before < needed || after < needed)
        {
            return GuardFinding.Healthy;
        }

        var (p, allowed) = (limit.Quantile, pairs.AreAlike ? limit : limit.ForUnlike());
        var quantile = control.Quantile(p)!.Value;
        if (candidate.CountFrom(allowed.Of(quantile)) <= (1 - p) * after)
        {
            return GuardFinding.Healthy;
        }

        var numbers = new GuardBreach(limit.Guard, limit.Ratio, quantile.TotalMilliseconds, candidate.Quantile(p)!.Value.TotalMilliseconds, before, after, 1)
        {
            IncreaseMs = allowed.Increase.TotalMilliseconds,
        };
        return GuardFinding.Over(numbers, level, () => FindProbability(allowed, control, candidate, level));
    }

    private static double FindProbability(LatencyLimit limit, LatencyHistogram control, LatencyHistogram candidate, GuardLevel level) =>
        Binomial.UpperRank(limit.Quantile, control.Total, level.Serving) is { } rank
            ? Binomial.AtLeast(candidate.CountFrom(limit.Of(control.DurationAt(rank))), candidate.Total, 1 - limit.Quantile)
            : 1;
}
