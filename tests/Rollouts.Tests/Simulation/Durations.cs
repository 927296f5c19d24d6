using Krewe.Rollouts.Counts;

namespace Krewe.Rollouts.Tests.Simulation;

/// <summary>How long calls take: log-normal, around a median, with a tail as heavy as sigma is large.</summary>
internal sealed class Durations
{
    private const int Samples = 1 << 12;

    // What a call takes more than by chance lies in buckets, as in the histogram they go to.
    private readonly double[] seconds;
    private readonly (int Bucket, double Part)[] buckets;

    public Durations(double median, double sigma)
    {
        var random = new Dice(7);
        seconds = [.. Enumerable.Range(0, Samples).Select(_ => median * Math.Exp(sigma * random.Normal()))];
        buckets = [.. seconds.CountBy(Bucket).Select(pair => (pair.Key, pair.Value / (double)Samples))];
    }

    /// <summary>Adds calls to a histogram in the making; each takes so many times as long.</summary>
    public void Add(long[] histogram, long calls, double slowness, Dice random)
    {
        if (slowness != 1 || calls < buckets.Length)
        {
            for (var i = 0; i < calls; i++)
            {
                histogram[Bucket(Draw(random) * slowness)]++;
            }

            return;
        }

        foreach (var (bucket, part) in buckets)
        {
            histogram[bucket] += random.Poisson(calls * part);
        }
    }

    /// <summary>Adds calls that came while nothing was answered for a while: they wait for what is left of it.</summary>
    public void AddStalled(long[] histogram, long calls, double slowness, double stall, Dice random)
    {
        for (var i = 0; i < calls; i++)
        {
            histogram[Bucket((Draw(random) * slowness) + (stall * random.NextDouble()))]++;
        }
    }

    private double Draw(Dice random) => seconds[random.Next(Samples)];

    private static int Bucket(double seconds) => LatencyHistogram.BucketOf(TimeSpan.FromSeconds(seconds));
}
