using Krewe.Abstractions.Memory;
using Microsoft.Extensions.Hosting;

namespace Krewe.Api.Hosting;

/// <summary>
/// Returns the heap's free memory to the system once calls have held much of it and then little for a while: without new calls, nothing
/// else would collect it.
/// </summary>
internal sealed class HeapTrim(TimeProvider time) : BackgroundService
{
    /// <summary>How long calls must hold little: a collection pauses the process for about a tenth of a second.</summary>
    private const int QuietPeriods = 15;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (quiet, refused, hasHeldMuch) = (0, 0L, false);
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var memory = CallMemory.Shared;
                var holdsMuch = memory.Used >= memory.Limit / 8 || memory.Refused > refused;
                (quiet, refused, hasHeldMuch) = (holdsMuch ? 0 : quiet + 1, memory.Refused, hasHeldMuch || holdsMuch);
                if (hasHeldMuch && quiet >= QuietPeriods)
                {
                    hasHeldMuch = false;
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process stops.
        }
    }
}
