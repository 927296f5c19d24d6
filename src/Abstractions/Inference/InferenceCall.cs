using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Inference;

/// <summary>
/// One call on its way from the host that takes it to the replica that answers it: the request, how long its caller waits, and where it is
/// sent next. Not thread-safe: whoever has it passes it on and waits. A timer runs only once somebody asks for the token.
/// </summary>
public sealed class InferenceCall : IDisposable
{
    // The longest that a timer takes, some 49 days; who gives more time than that gives no limit.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);
    private readonly TimeProvider time;
    private readonly TimeSpan timeout;
    private readonly long start;
    private CancellationTokenSource? limit;
    private CancellationTokenRegistration ofCaller;

    /// <summary>A call begins: its time runs from here.</summary>
    /// <param name="request">The request, which stays its maker's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="caller">Cancelled when the caller goes away.</param>
    public InferenceCall(InferenceRequest request, TimeProvider time, CancellationToken caller)
    {
        (Request, Version, Beside) = (request, request.Model.Version.Number, request.Beside);
        (this.time, timeout, Caller) = (time, request.Timeout > Longest ? Timeout.InfiniteTimeSpan : request.Timeout, caller);
        start = HasLimit ? time.GetTimestamp() : 0;
    }

    /// <summary>What is asked.</summary>
    public InferenceRequest Request { get; }

    /// <summary>The version that is to answer; null for the newest that can serve.</summary>
    public ModelVersion? Version { get; set; }

    /// <summary>Set while it is a control call of a rollout; see <see cref="InferenceRequest.Beside"/>.</summary>
    public ModelVersion? Beside { get; set; }

    /// <summary>The bytes of the request as a message; 0 before that is known.</summary>
    public long Bytes { get; set; }

    /// <summary>True for a copy or a control call: it is made once, and says nothing about whether its version fails.</summary>
    public bool IsOnce => Request.IsBackground || Beside is not null;

    /// <summary>Cancelled when the caller goes away.</summary>
    public CancellationToken Caller { get; }

    /// <summary>Cancelled when the caller goes away or the time is over.</summary>
    public CancellationToken Token => !HasLimit ? Caller : (limit ?? MakeLimit()).Token;

    /// <summary>What is left of the time, at least zero; <see cref="Timeout.InfiniteTimeSpan"/> without a limit.</summary>
    public TimeSpan Left => !HasLimit ? Timeout.InfiniteTimeSpan
        : timeout - time.GetElapsedTime(start) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private bool HasLimit => timeout != Timeout.InfiniteTimeSpan;

    /// <summary>
    /// What a caller is told whose call was cancelled: the one place where that becomes an error. Null where neither he nor his time is the
    /// reason.
    /// </summary>
    public Exception? Explain() => Caller.IsCancellationRequested ? new OperationCanceledException(Caller)
        : limit is { IsCancellationRequested: true } ? TooLate()
        : null;

    /// <summary>The time is over, whoever found that out.</summary>
    public KreweException TooLate()
    {
        var model = Version is { } version ? new ModelId(Request.Model.Name, version).ToString() : Request.Model.ToString();
        return KreweException.DeadlineExceeded(
            $"model '{model}' did not answer within the {timeout.TotalMilliseconds:0.###} ms that the request allows");
    }

    /// <summary>Ends the timer.</summary>
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
