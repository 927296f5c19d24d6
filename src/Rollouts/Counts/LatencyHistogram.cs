using System.Collections.Immutable;
using System.Numerics;

namespace Krewe.Rollouts.Counts;

/// <summary>
/// A latency histogram in microseconds, with buckets of at most a sixteenth of their value. Immutable; histograms of several processes
/// can be added.
/// </summary>
public sealed record LatencyHistogram
{
    /// <summary>The number of buckets; the last one covers everything from 71 minutes.</summary>
    public const int Buckets = (32 - SubBits + 1) << SubBits;

    private const int SubBits = 4;

    /// <summary>Without calls.</summary>
    public static LatencyHistogram Empty { get; } = new();

    /// <summary>Calls by bucket, up to the last non-empty one.</summary>
    [JsonPropertyName("counts")]
    public ImmutableArray<long> Counts { get; init; } = [];

    /// <summary>The number of calls.</summary>
    public long Total
    {
        get
        {
            var total = 0L;
            foreach (var count in Counts.AsSpan())
            {
                total += count;
            }

            return total;
        }
    }

    /// <summary>The bucket of a duration.</summary>
    public static int BucketOf(TimeSpan duration)
    {
        var microseconds = (ulong)Math.Clamp(duration.Ticks / TimeSpan.TicksPerMicrosecond, 0, uint.MaxValue);
        var exponent = Math.Max(BitOperations.Log2(microseconds | 1), SubBits) - SubBits;
        return (int)(((ulong)exponent << SubBits) + (microseconds >> exponent));
    }

    /// <summary>The exclusive upper bound of a bucket.</summary>
    public static TimeSpan UpperBound(int bucket)
    {
        var exponent = Math.Max((bucket >> SubBits) - 1, 0);
        var within = bucket - (exponent << SubBits);
        return new TimeSpan((within + 1L << exponent) * TimeSpan.TicksPerMicrosecond);
    }

    /// <summary>The sum of both.</summary>
    public LatencyHistogram Add(LatencyHistogram other)
    {
        var (longer, shorter) = Counts.Length >= other.Counts.Length ? (Counts, other.Counts) : (other.Counts, Counts);
        var sum = longer.ToArray();
        for (var i = 0; i < shorter.Length; i++)
        {
            sum[i] += shorter[i];
        }

        return new LatencyHistogram { Counts = ImmutableArray.Create(sum) };
    }

    /// <summary>The difference to an earlier reading.</summary>
    public LatencyHistogram Since(LatencyHistogram before)
    {
        var rest = Counts.ToArray();
        for (var i = 0; i < Math.Min(rest.Length, before.Counts.Length); i++)
        {
            rest[i] = Math.Max(0, rest[i] - before.Counts[i]);
        }

        return new LatencyHistogram { Counts = ImmutableArray.Create(rest) };
    }

    /// <summary>
    /// A quantile (0 to 1), as the upper bound of its bucket; null without calls.
    /// </summary>
    public TimeSpan? Quantile(double part)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(part * Total));
        for (var (bucket, seen) = (0, 0L); bucket < Counts.Length; bucket++)
        {
            seen += Counts[bucket];
            if (seen >= rank)
            {
                return UpperBound(bucket);
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public bool Equals(LatencyHistogram? other) => other is not null && Counts.AsSpan().SequenceEqual(other.Counts.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Counts.Length;
}
