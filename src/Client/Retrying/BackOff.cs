namespace Krewe.Client.Retrying;

/// <summary>The backoff before the same replica is retried: 0 at first, then 5 ms, doubling up to 200 ms.</summary>
internal static class BackOff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(200);

    /// <summary>The pause after a number of failed attempts, at least 1.</summary>
    public static TimeSpan After(int attempts) => attempts switch
    {
        <= 1 => TimeSpan.Zero,
        > 7 => Longest,
        _ => TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << (attempts - 2))),
    };
}
