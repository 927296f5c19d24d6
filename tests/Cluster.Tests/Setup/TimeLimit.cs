using System.Diagnostics;

namespace Krewe.Cluster.Tests.Setup;

/// <summary>
/// A limit on the longest call, for a machine that runs the test. On one that is busy with something else the limit grows with how
/// late timers fire meanwhile.
/// </summary>
internal static class TimeLimit
{
    // From the caller through gateway, silo and database and back: each of these hops may be delayed as much as a timer.
    private const int Hops = 8;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <summary>Runs a scenario; its result is the longest call.</summary>
    public static async Task HoldAsync(TimeSpan limit, Func<Task<TimeSpan>> run)
    {
        using var over = new CancellationTokenSource();
        var measuring = Task.Run(() => MeasureDelayAsync(over.Token));
        TimeSpan longest;
        try
        {
            longest = await run();
        }
        finally
        {
            await over.CancelAsync();
        }

        var delay = await measuring;
        if (longest > limit)
        {
            Summary.Say($"  over the limit of {limit.TotalMilliseconds:0} ms; timers were up to {delay.TotalMilliseconds:0} ms late");
        }

        Assert.InRange(longest, TimeSpan.Zero, limit + (Hops * delay));
    }

    /// <summary>The longest delay of a timer until the token is cancelled.</summary>
    private static async Task<TimeSpan> MeasureDelayAsync(CancellationToken over)
    {
        var worst = TimeSpan.Zero;
        while (!over.IsCancellationRequested)
        {
            var clock = Stopwatch.StartNew();
            await Task.Delay(Tick, CancellationToken.None);
            worst = clock.Elapsed - Tick > worst ? clock.Elapsed - Tick : worst;
        }

        return worst;
    }
}
