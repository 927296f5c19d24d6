using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Telemetry;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Counting;

/// <summary>
/// What a process did for models about whose traffic something was decided, by version and role, since it started. Versions that are gone
/// stay: a counter that disappears looks like one that was reset. Beyond <see cref="MaxVersions"/>, the others share the model
/// <see cref="Others"/>.
/// </summary>
public sealed class RouteMetrics
{
    /// <summary>Versions with series of their own.</summary>
    public const int MaxVersions = 1000;

    /// <summary>The name of what is counted for all other versions; no model can have it.</summary>
    public const string Others = "(others)";

    private static readonly KeyValuePair<string, object?>[] TagsOfOthers = [new("model", Others), new("version", "")];
    private readonly BoundedSeries<(ModelId Version, TrafficRole Role), RouteCounter> routes = new();
    private readonly BoundedSeries<ModelId, ShadowCounter> shadows = new();
    private readonly ConcurrentDictionary<TrafficRole, RouteCounter> otherRoutes = new();
    private readonly ShadowCounter otherShadows = new();
    private readonly Histogram<double> durations;

    public RouteMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(KreweTelemetry.RoutingMeter);
        durations = meter.CreateHistogram(
            "krewe_route_duration_seconds", "s", "How long calls took, by version, the role in which it was called and outcome",
            [new(KreweTelemetry.CounterTag, "krewe_route_requests_total")], new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            });
        meter.CreateObservableCounter(
            "krewe_shadow_compared_total", () => Read(static copies => copies.Compared),
            description: "Copies whose answer was compared with the serving version's");
        meter.CreateObservableCounter(
            "krewe_shadow_disagreements_total", () => Read(static copies => copies.Disagreements),
            description: "Compared answers that differ by more than the tolerance");
        meter.CreateObservableCounter(
            "krewe_shadow_skipped_total", () => Read(static copies => copies.Skipped),
            description: "Copies skipped at a limit");
    }

    /// <summary>The counter of a version in a role.</summary>
    public RouteCounter Of(ModelId version, TrafficRole role) => routes.Find((version, role))
        ?? routes.TryAdd(
            (version, role), static (key, durations) => new RouteCounter(KreweTelemetry.TagsOf(key.Version), key.Role, durations),
            durations)
        ?? otherRoutes.GetOrAdd(role, static (role, durations) => new RouteCounter(TagsOfOthers, role, durations), durations);

    /// <summary>A copy's answer was compared.</summary>
    public void AddComparison(ModelId version, bool agrees)
    {
        var copies = Of(version);
        Interlocked.Increment(ref copies.Compared);
        Interlocked.Add(ref copies.Disagreements, agrees ? 0 : 1);
    }

    /// <summary>A copy was skipped at a limit.</summary>
    public void AddSkipped(ModelId version) => Interlocked.Increment(ref Of(version).Skipped);

    private IEnumerable<Measurement<long>> Read(Func<ShadowCounter, long> read)
    {
        var own = shadows.All.Select(pair => new Measurement<long>(read(pair.Value), KreweTelemetry.TagsOf(pair.Key)));
        return shadows.IsFull ? own.Append(new Measurement<long>(read(otherShadows), TagsOfOthers)) : own;
    }

    private ShadowCounter Of(ModelId version) =>
        shadows.Find(version) ?? shadows.TryAdd(version, static (_, _) => new ShadowCounter(), durations) ?? otherShadows;

    /// <summary>The first <see cref="MaxVersions"/> counters; none is ever removed.</summary>
    private sealed class BoundedSeries<TKey, TCounter>
        where TKey : notnull
        where TCounter : class
    {
        private readonly ConcurrentDictionary<TKey, TCounter> counters = new();
        private volatile bool isFull;

        public IEnumerable<KeyValuePair<TKey, TCounter>> All => counters;

        public bool IsFull => isFull;

        public TCounter? Find(TKey key) => counters.GetValueOrDefault(key);

        /// <summary>The counter of a key, which is added if there is none; null if there are too many.</summary>
        public TCounter? TryAdd(TKey key, Func<TKey, Histogram<double>, TCounter> make, Histogram<double> durations)
        {
            // Counting takes all locks of the dictionary.
            isFull = isFull || counters.Count >= MaxVersions;
            return isFull ? null : counters.GetOrAdd(key, make, durations);
        }
    }

    private sealed class ShadowCounter
    {
        public long Compared;
        public long Disagreements;
        public long Skipped;
    }
}

/// <summary>The calls of one version in one role; safe from any thread.</summary>
public sealed class RouteCounter
{
    private readonly KeyValuePair<string, object?>[] success;
    private readonly KeyValuePair<string, object?>[] error;
    private readonly Histogram<double> durations;

    internal RouteCounter(KeyValuePair<string, object?>[] version, TrafficRole role, Histogram<double> durations)
    {
        KeyValuePair<string, object?>[] tags = [.. version, new("role", role.Name())];
        (success, error, this.durations) = ([.. tags, new("outcome", "success")], [.. tags, new("outcome", "error")], durations);
    }

    /// <summary>A call went well.</summary>
    public void AddSuccess(TimeSpan took) => durations.Record(took.TotalSeconds, success);

    /// <summary>A call failed.</summary>
    public void AddError(TimeSpan took) => durations.Record(took.TotalSeconds, error);
}
