namespace Krewe.Rollouts;

/// <summary>Reads a histogram as ordered durations.</summary>
internal static class LatencyRanks
{
    /// <summary>What the duration of a rank, from 1, does not exceed: the upper bound of its bucket.</summary>
    public static TimeSpan DurationAt(this LatencyHistogram histogram, long rank)
    {
        for (var (bucket, seen) = (0, 0L); bucket < histogram.Counts.Length; bucket++)
        {
            seen += histogram.Counts[bucket];
            if (seen >= rank)
            {
                return LatencyHistogram.UpperBound(bucket);
            }
        }

        throw new ArgumentOutOfRangeException(nameof(rank), rank, $"there are {histogram.Total} durations");
    }

    /// <summary>Calls that surely took as long as <paramref name="duration"/>: those of buckets that begin there or later.</summary>
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
