using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Inference;

/// <summary>
/// One call from the host that accepts it to the replica that answers it: the request, its deadline, and the version it is sent to. Not
/// thread-safe: it is passed along. The timer starts when the token is first read.
/// </summary>
public sealed class InferenceCall : IDisposable
{
    // The maximum of a timer, about 49 days; a longer timeout counts as none.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);
    private readonly TimeProvider time;
    private readonly TimeSpan timeout;
    private readonly long start;
    private CancellationTokenSource? limit;
    private CancellationTokenRegistration ofCaller;

    /// <summary>Begins a call; its deadline counts from here.</summary>
    /// <param name="request">The request; its maker disposes it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="caller">Cancelled when the caller disconnects.</param>
    public InferenceCall(InferenceRequest request, TimeProvider time, CancellationToken caller)
    {
        (Request, Version, Beside) = (request, request.Model.Version.Number, request.Beside);
        (this.time, timeout, Caller) = (time, request.Timeout > Longest ? Timeout.InfiniteTimeSpan : request.Timeout, caller);
        start = HasDeadline ? time.GetTimestamp() : 0;
    }

    /// <summary>The request.</summary>
    public InferenceRequest Request { get; }

    /// <summary>The version to call; null for the newest that can serve.</summary>
    public ModelVersion? Version { get; set; }

    /// <summary>Set for a control call of a rollout; see <see cref="InferenceRequest.Beside"/>.</summary>
    public ModelVersion? Beside { get; set; }

    /// <summary>The size of the request as a message, in bytes; 0 until known.</summary>
    public long Bytes { get; set; }

    /// <summary>True for a copy or a control call: never retried, and ignored by the circuit breaker.</summary>
    public bool IsOnce => Request.IsBackground || Beside is not null;

    /// <summary>Cancelled when the caller disconnects.</summary>
    public CancellationToken Caller { get; }

    /// <summary>Cancelled when the caller disconnects or the deadline passes.</summary>
    public CancellationToken Token => !HasDeadline ? Caller : (limit ?? MakeLimit()).Token;

    /// <summary>Whether the request has a timeout.</summary>
    public bool HasDeadline => timeout != Timeout.InfiniteTimeSpan;

    /// <summary>The remaining time, at least zero; <see cref="Timeout.InfiniteTimeSpan"/> without a deadline.</summary>
    public TimeSpan Left => !HasDeadline ? Timeout.InfiniteTimeSpan
        : timeout - time.GetElapsedTime(start) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>
    /// The error of a cancelled call: the caller's cancellation or the deadline. Null if neither is the reason. Cancellation becomes an
    /// error here and nowhere else.
    /// </summary>
    public Exception? Explain() => Caller.IsCancellationRequested ? new OperationCanceledException(Caller)
        : limit is { IsCancellationRequested: true } ? TooLate()
        : null;

    /// <summary>The error of a call past its deadline.</summary>
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
