using System.Diagnostics.Metrics;
using Krewe.Abstractions.Memory;
using Krewe.Abstractions.Telemetry;

namespace Krewe.Api.Metrics;

/// <summary>The shares of this process's memory and what is used of them. Those of models are a silo's own metrics.</summary>
internal sealed class MemoryMetrics
{
    public MemoryMetrics(IMeterFactory meters)
    {
        var (shares, calls, meter) = (MemoryShares.Current, CallMemory.Shared, meters.Create(KreweTelemetry.HttpMeter));
        Gauge("krewe_memory_total_bytes", () => shares.Total, "All that the process and its workers may take");
        Gauge("krewe_call_memory_bytes", () => calls.Used, "What calls under way hold");
        Gauge("krewe_call_memory_limit_bytes", () => calls.Limit, "The most that calls under way may hold");
        Gauge("krewe_run_memory_bytes", static () => CallMemory.Runs.Used, "What runs under way are expected to need");
        Gauge("krewe_run_memory_limit_bytes", static () => CallMemory.Runs.Limit, "The most that runs under way may need");
        Gauge("krewe_heap_memory_bytes", static () => GC.GetGCMemoryInfo().TotalCommittedBytes, "What the managed heap has taken");
        Gauge("krewe_heap_memory_limit_bytes", () => shares.Heap, "The most that the managed heap may take");
        meter.CreateObservableCounter(
            "krewe_heap_allocated_bytes_total", static () => GC.GetTotalAllocatedBytes(),
            description: "What was allocated on the managed heap");
        meter.CreateObservableCounter(
            "krewe_call_memory_refusals_total", () => calls.Refused, description: "Times that calls were refused memory");

        void Gauge(string name, Func<long> read, string help) => meter.CreateObservableGauge(name, read, description: help);
    }
}
