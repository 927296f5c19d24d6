using System.Diagnostics.Metrics;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Telemetry;
using Krewe.Api.Settings;

namespace Krewe.Api.Bodies;

/// <summary>
/// Bounds the memory of all request bodies together, from their arrival until their answers. Small ones are not counted, so that calls of
/// small models share no counter: the number of connections bounds them.
/// </summary>
internal sealed class BodyBudget
{
    /// <summary>Buffers up to this size are not counted.</summary>
    public const int Uncounted = 64 << 10;

    private const int MemoryShare = 8;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly long most;
    private long used;
    private long refused;

    public BodyBudget(ApiLimits limits, IMeterFactory meters)
    {
        most = limits.MaxBodyMemoryBytes
            ?? Math.Max(2 * limits.MaxBodyBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryShare);
        var meter = meters.Create(KreweTelemetry.HttpMeter);
        meter.CreateObservableGauge("krewe_http_body_bytes", () => Volatile.Read(ref used), description: "Memory of request bodies.");
        meter.CreateObservableCounter(
            "krewe_http_bodies_refused_total", () => Volatile.Read(ref refused),
            description: "Requests refused for the memory of their bodies.");
    }

    /// <summary>Takes memory before it is allocated; throws <see cref="KreweErrorCode.Overloaded"/> if there is too little.</summary>
    public void Take(long bytes)
    {
        if (Interlocked.Add(ref used, bytes) <= most)
        {
            return;
        }

        Return(bytes);
        Interlocked.Increment(ref refused);
        throw KreweException.Overloaded(
            $"the bodies of all requests together would take more than {ErrorText.Bytes(most)} of memory: try again later", RetryAfter);
    }

    public void Return(long bytes) => Interlocked.Add(ref used, -bytes);
}
