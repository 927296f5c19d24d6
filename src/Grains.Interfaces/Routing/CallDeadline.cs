namespace Krewe.Grains.Interfaces;

/// <summary>A caller's patience: its own token, and a time limit where the request has one. Without a limit it is just that token.</summary>
internal sealed class CallDeadline : IDisposable
{
    // The longest that a timer takes, some 49 days; who gives more time than that gives no limit.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);
    private readonly TimeProvider time;
    private readonly TimeSpan timeout;
    private readonly long start;
    private readonly CancellationToken caller;
    private readonly CancellationTokenSource? limit;
    private readonly CancellationTokenRegistration ofCaller;

    public CallDeadline(TimeSpan timeout, TimeProvider time, CancellationToken caller)
    {
        (this.time, this.timeout, this.caller, Token) = (time, timeout, caller, caller);
        start = time.GetTimestamp();
        if (timeout == Timeout.InfiniteTimeSpan || timeout > Longest)
        {
            this.timeout = Timeout.InfiniteTimeSpan;
            return;
        }

        limit = new CancellationTokenSource(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero, time);
        ofCaller = caller.UnsafeRegister(static limit => ((CancellationTokenSource)limit!).Cancel(), limit);
        Token = limit.Token;
    }

    /// <summary>Cancelled when the caller goes away.</summary>
    public CancellationToken Caller => caller;

    /// <summary>Cancelled when the caller goes away or the time is over.</summary>
    public CancellationToken Token { get; }

    /// <summary>The time is over, and the caller still there.</summary>
    public bool HasPassed => limit is { IsCancellationRequested: true } && !caller.IsCancellationRequested;

    /// <summary>What is left of the time, at least zero; infinite without a limit.</summary>
    public TimeSpan Left => limit is null ? timeout
        : timeout - time.GetElapsedTime(start) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    public void Dispose()
    {
        ofCaller.Dispose();
        limit?.Dispose();
    }
}
