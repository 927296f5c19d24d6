namespace Krewe.Serving.Versions;

/// <summary>
/// A caller's patience: its own token, and a time limit where the request has one. Without a limit it is just that token.
/// </summary>
internal sealed class Deadline : IDisposable
{
    // The longest that a timer takes, some 49 days; who gives more time than that gives no limit.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);
    private readonly CancellationTokenSource? limit;
    private readonly CancellationTokenSource? either;

    public Deadline(TimeSpan timeout, TimeProvider time, CancellationToken caller)
    {
        Token = caller;
        if (timeout != Timeout.InfiniteTimeSpan && timeout <= Longest)
        {
            limit = new CancellationTokenSource(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero, time);
            either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, caller);
            Token = either.Token;
        }
    }

    /// <summary>Cancelled when the caller goes away or the time is over.</summary>
    public CancellationToken Token { get; }

    /// <summary>The time is over.</summary>
    public bool HasPassed => limit is { IsCancellationRequested: true };

    public void Dispose()
    {
        either?.Dispose();
        limit?.Dispose();
    }
}
