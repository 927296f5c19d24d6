using System.Diagnostics.Metrics;
using Krewe.Abstractions.Telemetry;

namespace Krewe.Serving.Statistics;

/// <summary>Counters of the process as a whole, and their metrics.</summary>
internal sealed class ServingCounters
{
    private readonly long[] evictions = new long[Enum.GetValues<EvictionReason>().Length];
    private readonly Histogram<double> loads;
    private long loadFailures;
    private long misses;

    public ServingCounters(IMeterFactory meters)
    {
        var meter = meters.Create(KreweTelemetry.SiloMeter);
        BatchSizes = meter.CreateHistogram("krewe_batch_size", description: "Rows in a run", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256],
        });
        loads = meter.CreateHistogram(
            "krewe_load_duration_seconds", "s", "Time a load took, warm-up included", tags: [], new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60],
            });
        meter.CreateObservableCounter("krewe_load_failures_total", () => LoadFailures, description: "Loads that failed");
        meter.CreateObservableCounter(
            "krewe_evictions_total",
            () => Enum.GetValues<EvictionReason>().Select(
                reason => new Measurement<long>(Evictions(reason), new KeyValuePair<string, object?>("reason", NameOf(reason)))),
            description: "Versions that left memory");
        meter.CreateObservableCounter(
            "krewe_session_cache_misses_total", () => Misses, description: "Calls that found their version not in memory");
    }

    /// <summary>The rows of each run, by version.</summary>
    public Histogram<double> BatchSizes { get; }

    /// <summary>Calls whose version was not in memory.</summary>
    public long Misses => Volatile.Read(ref misses);

    public long LoadFailures => Volatile.Read(ref loadFailures);

    public void AddMiss() => Interlocked.Increment(ref misses);

    public void AddLoadFailure() => Interlocked.Increment(ref loadFailures);

    public void AddEviction(EvictionReason reason) => Interlocked.Increment(ref evictions[(int)reason]);

    public long Evictions(EvictionReason reason) => Volatile.Read(ref evictions[(int)reason]);

    public void AddLoad(TimeSpan duration) => loads.Record(duration.TotalSeconds);

    private static string NameOf(EvictionReason reason) => reason switch
    {
        EvictionReason.Budget => "budget",
        EvictionReason.Idle => "idle",
        EvictionReason.Unload => "unload",
        EvictionReason.Release => "release",
        EvictionReason.Repository => "repository",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
