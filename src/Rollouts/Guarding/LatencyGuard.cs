using Krewe.Rollouts.Counts;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Guarding;

/// <summary>
/// Whether a quantile of a new version's durations is longer than the control group's by more than is allowed: by how many of the new
/// version's calls take longer than what the control group's quantile allows, in the exact <see cref="Precedence"/> test. Nothing is
/// supposed of how durations are distributed, and buckets are read to the new version's favour.
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

        var numbers = new GuardBreach(
            limit.Guard, limit.Ratio, quantile.TotalMilliseconds, candidate.Quantile(p)!.Value.TotalMilliseconds, before, after, 1)
        {
            IncreaseMs = allowed.Increase.TotalMilliseconds,
        };
        var rank = (long)Math.Ceiling(p * before);

        // Both samples are in the one test: no bound is drawn from either.
        return GuardFinding.Over(
            numbers, level == GuardLevel.Silent ? level : level with { Serving = 0 },
            () => Precedence.AtLeast(candidate.CountFrom(allowed.Of(quantile)), after, rank, before));
    }
}
