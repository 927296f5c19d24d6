using System.Diagnostics.Metrics;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Telemetry;
using Krewe.Serving.Execution;
using Krewe.Serving.Memory;
using Krewe.Serving.Statistics;
using Krewe.Serving.Versions;
using Microsoft.Extensions.Hosting;

namespace Krewe.Serving.Node;

/// <summary>
/// The metrics of this process's models, over what it counts anyway. Where the meaning is Triton's, so is the name. A service, so that the
/// host makes it.
/// </summary>
internal sealed class ServingMetrics : IHostedService
{
    /// <summary>Versions with series; each has a dozen.</summary>
    public const int MaxVersions = 1000;

    private readonly ServedModels models;
    private readonly Meter meter;
    private readonly TimeProvider time;
    private readonly Lock finding = new();
    private readonly HashSet<string> asked = [];
    private (ServedVersion Version, KeyValuePair<string, object?>[] Tags)[] used = [];
    private long foundAt;

    public ServingMetrics(
        IMeterFactory meters, ServedModels models, MemoryBudget budget, ProcessMemory memory, RunnerThreads runners, LoadThreads loaders,
        TimeProvider time)
    {
        (this.models, this.time, meter) = (models, time, meters.Create(KreweTelemetry.SiloMeter));
        Count("nv_inference_request_success", "Number of successful inference requests", static counts => counts.Success.Count);
        Count("nv_inference_request_failure", "Number of failed inference requests", static counts => counts.Fail.Count);
        Count("nv_inference_count", "Number of inferences performed, counting rows of a batch", static counts => counts.Inferences);
        Count("nv_inference_exec_count", "Number of model executions performed, a batch being one", static counts => counts.Executions);
        Duration("nv_inference_request_duration_us", "Cumulative time of successful requests", static counts => counts.Success);
        Duration("nv_inference_queue_duration_us", "Cumulative time requests waited for a runner", static counts => counts.Queue);
        Duration(
            "nv_inference_compute_input_duration_us", "Cumulative time bringing inputs together", static counts => counts.ComputeInput);
        Duration("nv_inference_compute_infer_duration_us", "Cumulative time running the graph", static counts => counts.ComputeInfer);
        Duration("nv_inference_compute_output_duration_us", "Cumulative time taking outputs apart", static counts => counts.ComputeOutput);
        Gauge("nv_inference_pending_request_count", "Requests that wait for a runner", static version => version.Loaded?.Queue.Length ?? 0);
        Count("krewe_queue_rejections_total", "Requests refused because the queue was full", static counts => counts.Rejections);
        Gauge(
            "krewe_session_memory_bytes", "Memory a loaded version holds, as measured",
            static version => version.Loaded is { MemoryBytes: > 0 } loaded ? loaded.MemoryBytes : null);
        meter.CreateObservableGauge(
            "krewe_load_queue_length", () => (long)loaders.QueueLength, description: "Load and unload jobs that wait");
        meter.CreateObservableGauge("krewe_sessions_loaded", () => (long)budget.ResidentCount, description: "Versions in memory");
        meter.CreateObservableGauge("krewe_memory_budget_bytes", () => budget.Bytes, description: "Bytes that sessions may hold");
        meter.CreateObservableGauge(
            "krewe_memory_accounted_bytes", () => budget.AccountedBytes, description: "Bytes that sessions and loads under way count for");
        meter.CreateObservableGauge(
            "krewe_native_memory_bytes", () => memory.NativeBytesInUse, description: "Bytes native code has allocated");
        meter.CreateObservableGauge(
            "process_resident_memory_bytes", () => memory.ResidentBytes, description: "Bytes of the process in physical memory");
        meter.CreateObservableGauge("krewe_runner_threads", () => (long)runners.Count, description: "Threads that run models");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Count(string name, string help, Func<VersionStatistics, long> read) =>
        meter.CreateObservableCounter(name, () => Read(name, version => read(version.Statistics)), description: help);

    private void Duration(string name, string help, Func<VersionStatistics, DurationStatistic> read) =>
        Count(name, help + ", in microseconds", counts => read(counts).TotalNanoseconds / 1000);

    private void Gauge(string name, string help, Func<ServedVersion, long?> read) =>
        meter.CreateObservableGauge(name, () => Read(name, read), description: help);

    private IEnumerable<Measurement<long>> Read(string name, Func<ServedVersion, long?> read) =>
        from version in Find(name)
        let value = read(version.Version)
        where value is not null
        select new Measurement<long>(value.Value, version.Tags);

    /// <summary>
    /// The versions that were called or are in memory, those that were called last if there are many. There may be a hundred thousand
    /// others, so instruments that are read together share one search: the next begins with the first that asks again.
    /// </summary>
    private (ServedVersion Version, KeyValuePair<string, object?>[] Tags)[] Find(string name)
    {
        lock (finding)
        {
            if (!asked.Add(name) || foundAt == 0 || time.GetElapsedTime(foundAt) > TimeSpan.FromSeconds(1))
            {
                asked.Clear();
                asked.Add(name);
                foundAt = time.GetTimestamp();
                used =
                [
                    .. models.AllVersions.Where(static version => version.Statistics.IsUsed || version.Loaded is not null)
                        .OrderByDescending(static version => version.Statistics.LastInferenceTicks).Take(MaxVersions)
                        .OrderBy(static version => version.Id)
                        .Select(static version => (version, KreweTelemetry.TagsOf(version.Id))),
                ];
            }

            return used;
        }
    }
}
