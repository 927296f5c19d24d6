using Krewe.Rollouts.Counts;

namespace Krewe.Rollouts.Guarding;

/// <summary>Order statistics of a histogram.</summary>
internal static class LatencyRanks
{
    /// <summary>Calls that certainly took at least <paramref name="duration"/>: those of buckets that begin there or later.</summary>
    public static long CountFrom(this LatencyHistogram histogram, TimeSpan duration)
    {
        var count = 0L;
        for (var bucket = histogram.Counts.Length - 1; bucket >= 0 && BeginOf(bucket) >= duration; bucket--)
        {
            count += histogram.Counts[bucket];
        }

        return count;
    }

    private static TimeSpan BeginOf(int bucket) => bucket == 0 ? TimeSpan.Zero : LatencyHistogram.UpperBound(bucket - 1);
}
