using Krewe.Rollouts.Counts;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Guarding;

/// <summary>
/// Compares a latency quantile of the new version with the control group's. Counts the new version's calls beyond what the control group's
/// quantile allows, by the exact <see cref="Precedence"/> test. It assumes no distribution, and buckets are read in favour of the new
/// version.
/// </summary>
internal static class LatencyGuard
{
    public static GuardFinding Evaluate(LatencyLimit limit, long minSample, LatencyPairs pairs, GuardLevel level)
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

        var numbers = new GuardBreach(
            limit.Guard, limit.Ratio, quantile.TotalMilliseconds, candidate.Quantile(p)!.Value.TotalMilliseconds, before, after, 1)
        {
            IncreaseMs = allowed.Increase.TotalMilliseconds,
        };
        var rank = (long)Math.Ceiling(p * before);

        // The test covers both samples: no bound is drawn from either.
        return GuardFinding.Over(
            numbers, level == GuardLevel.ThresholdOnly ? level : level with { Serving = 0 },
            () => Precedence.AtLeast(candidate.CountFrom(allowed.Of(quantile)), after, rank, before));
    }
}
