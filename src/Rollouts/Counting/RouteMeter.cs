using System.Collections.Concurrent;
using Krewe.Abstractions.Metrics;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Counting;

/// <summary>
/// What a process did for models about whose traffic something was decided, by version and role, since it started. Versions that are gone
/// stay: a counter that disappears looks like one that was reset.
/// </summary>
public sealed class RouteMeter
{
    private readonly ConcurrentDictionary<(ModelId Version, TrafficRole Role), RouteCounter> routes = new();
    private readonly ConcurrentDictionary<ModelId, ShadowCounter> shadows = new();

    /// <summary>The counter of a version in a role.</summary>
    public RouteCounter Of(ModelId version, TrafficRole role) =>
        routes.GetOrAdd((version, role), static key => new RouteCounter(key.Version, key.Role));

    /// <summary>A copy's answer was compared.</summary>
    public void AddComparison(ModelId version, bool agrees) => Shadow(version).AddComparison(agrees);

    /// <summary>A copy was not made for want of room.</summary>
    public void AddSkipped(ModelId version) => Shadow(version).AddSkipped();

    /// <summary>A reading.</summary>
    public IReadOnlyList<MetricFamily> Read()
    {
        var counters = routes.OrderBy(pair => pair.Key.Version).ThenBy(pair => pair.Key.Role).Select(pair => pair.Value).ToArray();
        var copies = shadows.OrderBy(pair => pair.Key).Select(pair => pair.Value).ToArray();
        return
        [
            new("krewe_route_requests_total", "Calls by version and the role in which it was called", MetricKind.Counter,
                [.. counters.SelectMany(counter => counter.ReadCounts())]),
            new("krewe_route_duration_seconds", "How long calls took that went well, by version and role", MetricKind.Histogram,
                [.. counters.SelectMany(counter => counter.ReadDurations())]),
            Count("krewe_shadow_compared_total", "Copies whose answer was compared with the serving version's", copies,
                counter => counter.Compared),
            Count("krewe_shadow_disagreements_total", "Compared answers that differ by more than the tolerance", copies,
                counter => counter.Disagreements),
            Count("krewe_shadow_skipped_total", "Copies that were not made for want of room", copies, counter => counter.Skipped),
        ];
    }

    private static MetricFamily Count(string name, string help, ShadowCounter[] copies, Func<ShadowCounter, long> read) =>
        new(name, help, MetricKind.Counter, [.. copies.Select(counter => new MetricSample(counter.Labels, read(counter)))]);

    private ShadowCounter Shadow(ModelId version) => shadows.GetOrAdd(version, static version => new ShadowCounter(version));
}

/// <summary>What became of one version's copies, for metrics; safe from any thread.</summary>
internal sealed class ShadowCounter(ModelId version)
{
    private long compared;
    private long disagreements;
    private long skipped;

    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; } =
        [new("model", version.Name.Value), new("version", version.Version.ToString())];

    public long Compared => Volatile.Read(ref compared);

    public long Disagreements => Volatile.Read(ref disagreements);

    public long Skipped => Volatile.Read(ref skipped);

    public void AddComparison(bool agrees)
    {
        Interlocked.Increment(ref compared);
        Interlocked.Add(ref disagreements, agrees ? 0 : 1);
    }

    public void AddSkipped() => Interlocked.Increment(ref skipped);
}
