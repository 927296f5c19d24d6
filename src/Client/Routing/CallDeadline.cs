using Krewe.Abstractions.Errors;

namespace Krewe.Client.Routing;

/// <summary>
/// A call's cancellation: the caller's token, and a deadline if the request has one. Without a deadline it is just that token; a timer
/// starts only when the token is first read.
/// </summary>
public sealed class CallDeadline : IDisposable
{
    // The maximum of a timer, some 49 days; a longer timeout counts as none.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);
    private readonly TimeProvider time;
    private readonly TimeSpan timeout;
    private readonly long start;
    private CancellationTokenSource? limit;
    private CancellationTokenRegistration ofCaller;

    public CallDeadline(TimeSpan timeout, TimeProvider time, CancellationToken caller)
    {
        (this.time, this.timeout, Caller) = (time, timeout > Longest ? Timeout.InfiniteTimeSpan : timeout, caller);
        start = HasLimit ? time.GetTimestamp() : 0;
    }

    /// <summary>Cancelled when the caller gives up.</summary>
    public CancellationToken Caller { get; }

    /// <summary>Cancelled when the caller gives up or the deadline has passed.</summary>
    public CancellationToken Token => !HasLimit ? Caller : (limit ?? MakeLimit()).Token;

    /// <summary>The deadline has passed, and the caller has not given up.</summary>
    public bool HasPassed => limit is { IsCancellationRequested: true } && !Caller.IsCancellationRequested;

    /// <summary>The remaining time, at least zero; infinite without a deadline.</summary>
    public TimeSpan Left => !HasLimit ? timeout
        : timeout - time.GetElapsedTime(start) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private bool HasLimit => timeout != Timeout.InfiniteTimeSpan;

    /// <summary>The error for a cancelled call; null if neither the caller nor the deadline has cancelled it.</summary>
    /// <param name="model">The called model.</param>
    public Exception? Explain(string model) =>
        HasPassed ? TooLate(model) : Caller.IsCancellationRequested ? new OperationCanceledException(Caller) : null;

    /// <summary>The error for a passed deadline, whichever process detected it.</summary>
    /// <param name="model">The called model.</param>
    public KreweException TooLate(string model) => KreweException.DeadlineExceeded(
        $"model '{model}' did not answer within the {timeout.TotalMilliseconds:0.###} ms that the request allows");

    public void Dispose()
    {
        ofCaller.Dispose();
        limit?.Dispose();
    }

    private CancellationTokenSource MakeLimit()
    {
        limit = new CancellationTokenSource(Left, time);
        ofCaller = Caller.UnsafeRegister(static limit => ((CancellationTokenSource)limit!).Cancel(), limit);
        return limit;
    }
}
