using System.Globalization;
using Krewe.Abstractions.Metrics;

namespace Krewe.Api.Metrics;

/// <summary>The counters of one route. Recording is a few interlocked additions.</summary>
internal sealed class RouteCounters
{
    private static readonly double[] BoundsSeconds =
        [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly long[] byClass = new long[5];
    private readonly long[] byBound = new long[BoundsSeconds.Length + 1];
    private readonly long[] bounds;
    private readonly long frequency;
    private readonly KeyValuePair<string, string>[] labels;
    private long sum;

    public RouteCounters(string method, string route, long frequency)
    {
        this.frequency = frequency;
        labels = [new("method", method), new("route", route)];
        bounds = [.. BoundsSeconds.Select(bound => (long)(bound * frequency))];
    }

    /// <summary>Requests recorded.</summary>
    public long Total => byClass.Sum();

    /// <summary>Counts a request that took so many ticks of the clock.</summary>
    public void Record(int status, long ticks)
    {
        Interlocked.Increment(ref byClass[Math.Clamp(status / 100, 1, byClass.Length) - 1]);
        var bound = 0;
        while (bound < bounds.Length && ticks > bounds[bound])
        {
            bound++;
        }

        Interlocked.Increment(ref byBound[bound]);
        Interlocked.Add(ref sum, ticks);
    }

    public IEnumerable<MetricSample> ReadCounts() => byClass
        .Select((_, i) => new MetricSample([.. labels, new("status", $"{i + 1}xx")], Interlocked.Read(ref byClass[i])))
        .Where(sample => sample.Value > 0);

    /// <summary>The histogram; its count is that of its last bucket, also while requests are recorded.</summary>
    public IEnumerable<MetricSample> ReadDurations()
    {
        var count = 0L;
        for (var i = 0; i < byBound.Length; i++)
        {
            count += Interlocked.Read(ref byBound[i]);
            var le = i < BoundsSeconds.Length ? BoundsSeconds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            yield return new MetricSample([.. labels, new("le", le)], count, "_bucket");
        }

        yield return new MetricSample(labels, Interlocked.Read(ref sum) / (double)frequency, "_sum");
        yield return new MetricSample(labels, count, "_count");
    }
}
