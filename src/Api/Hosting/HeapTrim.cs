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

    /// <summary>Periods in a row in which calls must have held little, and the heap collected itself seldom.</summary>
    private const int QuietPeriods = 3;

    /// <summary>Collections in a period beyond which the heap is in use and needs none by force.</summary>
    private const int FewCollections = 5;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (kept, quiet, collections) = (Taken, 0, 0);
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var isQuiet = CallMemory.Shared.Used < CallMemory.Shared.Limit / 8 && GC.CollectionCount(0) - collections <= FewCollections;
                quiet = isQuiet ? quiet + 1 : 0;
                if (quiet >= QuietPeriods && Taken - kept > WorthIt)
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
