using Krewe.Abstractions.Metrics;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Counting;

/// <summary>The calls of one version in one role, for metrics; safe from any thread.</summary>
public sealed class RouteCounter
{
    private static readonly double[] BoundsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private readonly long[] byBound = new long[BoundsSeconds.Length + 1];
    private readonly IReadOnlyList<KeyValuePair<string, string>> labels;
    private long ticks;
    private long errors;

    internal RouteCounter(ModelId version, TrafficRole role) =>
        labels = [new("model", version.Name.Value), new("version", version.Version.ToString()), new("role", NameOf(role))];

    /// <summary>A call went well.</summary>
    public void AddSuccess(TimeSpan took)
    {
        var bound = 0;
        while (bound < BoundsSeconds.Length && took.TotalSeconds > BoundsSeconds[bound])
        {
            bound++;
        }

        Interlocked.Increment(ref byBound[bound]);
        Interlocked.Add(ref ticks, took.Ticks);
    }

    /// <summary>A call failed.</summary>
    public void AddError() => Interlocked.Increment(ref errors);

    internal IEnumerable<MetricSample> ReadCounts() =>
    [
        new([.. labels, new("outcome", "success")], byBound.Sum()),
        new([.. labels, new("outcome", "error")], Volatile.Read(ref errors)),
    ];

    internal IEnumerable<MetricSample> ReadDurations()
    {
        var count = 0L;
        for (var i = 0; i < byBound.Length; i++)
        {
            count += Volatile.Read(ref byBound[i]);
            var le = i < BoundsSeconds.Length ? BoundsSeconds[i].ToString(System.Globalization.CultureInfo.InvariantCulture) : "+Inf";
            yield return new MetricSample([.. labels, new("le", le)], count, "_bucket");
        }

        yield return new MetricSample(labels, TimeSpan.FromTicks(Volatile.Read(ref ticks)).TotalSeconds, "_sum");
        yield return new MetricSample(labels, count, "_count");
    }

    private static string NameOf(TrafficRole role) => role switch
    {
        TrafficRole.Serving => "serving",
        TrafficRole.Canary => "canary",
        TrafficRole.Shadow => "shadow",
        TrafficRole.Named => "named",
        TrafficRole.Control => "control",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };
}
