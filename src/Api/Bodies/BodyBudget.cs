using System.Diagnostics.Metrics;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Memory;
using Krewe.Abstractions.Telemetry;
using Krewe.Api.Settings;

namespace Krewe.Api.Bodies;

/// <summary>
/// Bounds the memory of all request bodies together, from their arrival until their answers, so that bodies that are still read leave
/// some of the calls' memory (<see cref="CallMemory"/>) to the others. Small ones are not counted.
/// </summary>
internal sealed class BodyBudget
{
    /// <summary>Buffers up to this size are not counted.</summary>
    public const int Uncounted = 64 << 10;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly long most;
    private long used;
    private long refused;

    public BodyBudget(ApiLimits limits, IMeterFactory meters)
    {
        most = limits.MaxBodyMemoryBytes ?? MemoryShares.Current.Calls / 4 * 3;
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
