using Krewe.Abstractions.Memory;
using Microsoft.Extensions.Hosting;

namespace Krewe.Api.Hosting;

/// <summary>
/// Returns the heap's free memory to the system after calls have held much of it: without new calls, nothing else would collect it.
/// </summary>
internal sealed class HeapTrim(TimeProvider time) : BackgroundService
{
    /// <summary>A collection pauses the process for about a tenth of a second, so it is rare and only for much.</summary>
    private const long WorthIt = 64L << 20;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(20);
    private long kept;
    private int collections;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        kept = Taken;
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                // A heap in use collects itself.
                var isIdle = GC.CollectionCount(0) == collections;
                if (isIdle && CallMemory.Shared.Used < CallMemory.Shared.Limit / 8 && Taken - kept > WorthIt)
                {
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                    kept = Taken;
                }

                collections = GC.CollectionCount(0);
            }
        }
        catch (OperationCanceledException)
        {
            // The process stops.
        }
    }

    /// <summary>What the heap had taken when it was last collected, or has allocated since.</summary>
    private static long Taken => Math.Max(GC.GetGCMemoryInfo().TotalCommittedBytes, GC.GetTotalMemory(forceFullCollection: false));
}
