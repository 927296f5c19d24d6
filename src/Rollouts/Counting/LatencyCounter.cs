using System.Collections.Immutable;
using Krewe.Rollouts.Counts;

namespace Krewe.Rollouts.Counting;

/// <summary>A concurrent builder of a <see cref="LatencyHistogram"/>.</summary>
internal sealed class LatencyCounter
{
    private readonly long[] counts = new long[LatencyHistogram.Buckets];

    public void Add(TimeSpan duration) => Interlocked.Increment(ref counts[LatencyHistogram.BucketOf(duration)]);

    public LatencyHistogram Read()
    {
        var last = counts.Length;
        while (last > 0 && Volatile.Read(ref counts[last - 1]) == 0)
        {
            last--;
        }

        var copy = new long[last];
        for (var i = 0; i < last; i++)
        {
            copy[i] = Volatile.Read(ref counts[i]);
        }

        return new LatencyHistogram { Counts = ImmutableArray.Create(copy) };
    }
}
