namespace Krewe.Serving.Versions;

/// <summary>A caller's deadline: its own token, plus a timeout if the request has one. Without a timeout it is just that token.</summary>
internal sealed class Deadline : IDisposable
{
    // The longest timeout that a timer supports, about 49 days; a longer one counts as none.
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

    /// <summary>Cancelled when the caller cancels or the deadline passes.</summary>
    public CancellationToken Token { get; }

    /// <summary>True once the deadline has passed.</summary>
    public bool HasPassed => limit is { IsCancellationRequested: true };

    public void Dispose()
    {
        either?.Dispose();
        limit?.Dispose();
    }
}
