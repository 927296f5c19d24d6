namespace Krewe.Cluster.Tests.Setup;

/// <summary>
/// A limit on the longest call of a scenario. What a quiet machine keeps is printed where it is passed; only several times as much fails,
/// because a busy one may take any process off its processors for a while.
/// </summary>
internal static class TimeLimit
{
    private const int OnBusyMachine = 5;

    /// <summary>Runs a scenario; its result is the longest call.</summary>
    public static async Task HoldAsync(TimeSpan limit, Func<Task<TimeSpan>> run)
    {
        var longest = await run();
        if (longest > limit)
        {
            Summary.Say($"  over the {limit.TotalMilliseconds:0} ms of a quiet machine");
        }

        Assert.InRange(longest, TimeSpan.Zero, OnBusyMachine * limit);
    }
}
