using System.Globalization;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Metrics;
using Krewe.Serving.Execution;
using Krewe.Serving.Memory;
using Krewe.Serving.Statistics;

namespace Krewe.Serving.Node;

/// <summary>The metrics of this process. Metrics with Triton's semantics have Triton's names.</summary>
internal static class ServingMetrics
{
    private static readonly IReadOnlyList<KeyValuePair<string, string>> NoLabels = [];
    private static readonly double[] BatchSizeBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, double.PositiveInfinity];

    /// <summary>One family per Triton metric, and per own metric kept by version.</summary>
    public static IEnumerable<MetricFamily> OfVersions(IReadOnlyCollection<VersionReading> versions)
    {
        yield return Count(
            "nv_inference_request_success", "Number of successful inference requests", versions, v => v.Statistics.Success.Count);
        yield return Count("nv_inference_request_failure", "Number of failed inference requests", versions, v => v.Statistics.Fail.Count);
        yield return Count(
            "nv_inference_count", "Number of inferences performed, counting rows of a batch", versions, v => v.Statistics.InferenceCount);
        yield return Count("nv_inference_exec_count", "Number of model executions performed, a batch being one", versions,
            v => v.Statistics.ExecutionCount);
        yield return Duration("nv_inference_request_duration_us", "Cumulative time of successful requests", versions, s => s.Success);
        yield return Duration("nv_inference_queue_duration_us", "Cumulative time requests waited for a runner", versions, s => s.Queue);
        yield return Duration(
            "nv_inference_compute_input_duration_us", "Cumulative time bringing inputs together", versions, s => s.ComputeInput);
        yield return Duration("nv_inference_compute_infer_duration_us", "Cumulative time running the graph", versions, s => s.ComputeInfer);
        yield return Duration(
            "nv_inference_compute_output_duration_us", "Cumulative time taking outputs apart", versions, s => s.ComputeOutput);
        yield return new("nv_inference_pending_request_count", "Requests that wait for a runner", MetricKind.Gauge,
            [.. versions.Select(v => new MetricSample(v.Labels, v.QueueLength))]);
        yield return Count("krewe_queue_rejections_total", "Requests refused because the queue was full", versions, v => v.Rejections);
        yield return new("krewe_session_memory_bytes", "Memory a loaded version holds, as measured", MetricKind.Gauge,
            [.. versions.Where(v => v.Statistics.MemoryBytes > 0).Select(v => new MetricSample(v.Labels, v.Statistics.MemoryBytes))]);
        yield return new("krewe_batch_size", "Rows in a run", MetricKind.Histogram, [.. versions.SelectMany(BatchSizes)]);
    }

    /// <summary>The process-wide metrics.</summary>
    public static IEnumerable<MetricFamily> OfProcess(
        ServingCounters counters, MemoryBudget budget, ProcessMemory memory, RunnerThreads runners, LoadThreads loaders)
    {
        yield return new(
            "krewe_load_duration_seconds", "Time a load took, warm-up included", MetricKind.Histogram, LoadDurations(counters));
        yield return Single("krewe_load_failures_total", "Loads that failed", MetricKind.Counter, counters.LoadFailures);
        yield return Single("krewe_load_queue_length", "Load and unload jobs that wait", MetricKind.Gauge, loaders.QueueLength);
        yield return new("krewe_evictions_total", "Versions that left memory", MetricKind.Counter,
            [.. Enum.GetValues<EvictionReason>().Select(
                reason => new MetricSample([new("reason", NameOf(reason))], counters.Evictions(reason)))]);
        yield return Single(
            "krewe_session_cache_misses_total", "Calls that found their version not in memory", MetricKind.Counter, counters.Misses);
        yield return Single("krewe_sessions_loaded", "Versions in memory", MetricKind.Gauge, budget.ResidentCount);
        yield return Single("krewe_memory_budget_bytes", "Bytes that sessions may hold", MetricKind.Gauge, budget.Bytes);
        yield return Single(
            "krewe_memory_accounted_bytes", "Bytes that sessions and loads under way count for", MetricKind.Gauge, budget.AccountedBytes);
        yield return Single("krewe_native_memory_bytes", "Bytes native code has allocated", MetricKind.Gauge, memory.NativeBytesInUse);
        yield return Single(
            "process_resident_memory_bytes", "Bytes of the process in physical memory", MetricKind.Gauge, memory.ResidentBytes);
        yield return Single("krewe_runner_threads", "Threads that run models", MetricKind.Gauge, runners.Count);
    }

    private static string NameOf(EvictionReason reason) => reason switch
    {
        EvictionReason.Budget => "budget",
        EvictionReason.Idle => "idle",
        EvictionReason.Unload => "unload",
        EvictionReason.Release => "release",
        EvictionReason.Repository => "repository",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };

    private static MetricFamily Single(string name, string help, MetricKind kind, double value) =>
        new(name, help, kind, [new(NoLabels, value)]);

    private static MetricFamily Count(string name, string help, IEnumerable<VersionReading> versions, Func<VersionReading, long> read) =>
        new(name, help, MetricKind.Counter, [.. versions.Select(v => new MetricSample(v.Labels, read(v)))]);

    private static MetricFamily Duration(
        string name, string help, IEnumerable<VersionReading> versions, Func<ModelStatistics, DurationStatistic> read) => new(
        name, help + ", in microseconds", MetricKind.Counter,
        [.. versions.Select(v => new MetricSample(v.Labels, read(v.Statistics).TotalNanoseconds / 1000))]);

    private static IEnumerable<MetricSample> BatchSizes(VersionReading version)
    {
        var batches = version.Statistics.Batches;
        foreach (var bound in BatchSizeBounds)
        {
            yield return new(
                WithBound(version.Labels, bound), batches.Where(b => b.BatchSize <= bound).Sum(b => b.ComputeInfer.Count), "_bucket");
        }

        yield return new(version.Labels, batches.Sum(b => b.ComputeInfer.Count * b.BatchSize), "_sum");
        yield return new(version.Labels, batches.Sum(b => b.ComputeInfer.Count), "_count");
    }

    private static MetricSample[] LoadDurations(ServingCounters counters)
    {
        var upTo = counters.LoadsUpTo();
        var samples = ServingCounters.LoadSecondsBounds.Append(double.PositiveInfinity)
            .Select((bound, i) => new MetricSample(WithBound(NoLabels, bound), upTo[i], "_bucket"));
        return [.. samples, new(NoLabels, counters.LoadSeconds, "_sum"), new(NoLabels, upTo[^1], "_count")];
    }

    private static IReadOnlyList<KeyValuePair<string, string>> WithBound(
        IReadOnlyList<KeyValuePair<string, string>> labels, double bound) =>
        [.. labels, new("le", double.IsPositiveInfinity(bound) ? "+Inf" : bound.ToString(CultureInfo.InvariantCulture))];
}
