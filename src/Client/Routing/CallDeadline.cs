using Krewe.Abstractions.Errors;

namespace Krewe.Client.Routing;

/// <summary>
/// A caller's patience: its own token, and a time limit where the request has one. Without a limit it is just that token; a timer runs only
/// once somebody asks for the token.
/// </summary>
public sealed class CallDeadline : IDisposable
{
    // The longest that a timer takes, some 49 days; who gives more time than that gives no limit.
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

    /// <summary>Cancelled when the caller goes away.</summary>
    public CancellationToken Caller { get; }

    /// <summary>Cancelled when the caller goes away or the time is over.</summary>
    public CancellationToken Token => !HasLimit ? Caller : (limit ?? MakeLimit()).Token;

    /// <summary>The time is over, and the caller still there.</summary>
    public bool HasPassed => limit is { IsCancellationRequested: true } && !Caller.IsCancellationRequested;

    /// <summary>What is left of the time, at least zero; infinite without a limit.</summary>
    public TimeSpan Left => !HasLimit ? timeout
        : timeout - time.GetElapsedTime(start) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private bool HasLimit => timeout != Timeout.InfiniteTimeSpan;

    /// <summary>What a caller is told whose call was cancelled; null where neither he nor his time is the reason.</summary>
    /// <param name="model">What was called.</param>
    public Exception? Explain(string model) =>
        HasPassed ? TooLate(model) : Caller.IsCancellationRequested ? new OperationCanceledException(Caller) : null;

    /// <summary>The time is over, whoever found that out.</summary>
    /// <param name="model">What was called.</param>
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
