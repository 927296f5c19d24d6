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

    /// <summary>Periods in a row in which calls must have held little, and little was allocated.</summary>
    private const int QuietPeriods = 3;

    /// <summary>Bytes allocated in a period beyond which the heap is in use, and collects itself.</summary>
    private const long Much = 100L << 20;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (kept, quiet, allocated) = (Taken, 0, 0L);
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var before = allocated;
                allocated = GC.GetTotalAllocatedBytes();
                quiet = CallMemory.Shared.Used < CallMemory.Shared.Limit / 8 && allocated - before < Much ? quiet + 1 : 0;
                if (quiet >= QuietPeriods && Taken - kept > WorthIt)
                {
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                    kept = Taken;
                }
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
