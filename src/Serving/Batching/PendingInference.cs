using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Threading.Tasks.Sources;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Telemetry;
using Krewe.Serving.Execution;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Sessions;

namespace Krewe.Serving.Batching;

/// <summary>
/// A request in a batch queue, awaited once through <see cref="Answer"/>. Exactly one of two transitions wins: a runner takes it, or its
/// caller abandons it. The caller may also give up during the run; the response is then discarded. It holds a lease on the loaded version
/// until nothing of it can touch the session any more. A low-priority runner completes it through a <see cref="CompletionDispatcher"/>.
/// </summary>
internal sealed class PendingInference : IValueTaskSource<InferenceResponse>
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Abandoned = 2;
    private const int Over = 3;
    private readonly InferenceRequest request;
    private readonly SessionLease lease;
    private readonly CompletionDispatcher? completions;
    private ManualResetValueTaskSourceCore<InferenceResponse> completion = new() { RunContinuationsAsynchronously = true };
    private NativeRun? run;
    private int state;

    /// <summary>Takes ownership of the lease.</summary>
    public PendingInference(
        InferenceRequest request, SessionLease lease, TensorData[] inputs, int rows, ImmutableArray<string> outputNames, long enqueuedAt,
        CompletionDispatcher? completions = null)
    {
        (this.request, this.lease, this.completions) = (request, lease, completions);
        (Inputs, Rows, OutputNames, EnqueuedAt) = (inputs, rows, outputNames, enqueuedAt);
    }

    /// <summary>The inputs in the order of the session's signature.</summary>
    public TensorData[] Inputs { get; }

    /// <summary>The bytes of all inputs.</summary>
    public long InputBytes
    {
        get
        {
            var bytes = 0L;
            foreach (var input in Inputs)
            {
                bytes += input.Data.Length;
            }

            return bytes;
        }
    }

    /// <summary>The size of the batch dimension; 0 if this request must run alone.</summary>
    public int Rows { get; }

    /// <summary>The requested outputs; default for all.</summary>
    public ImmutableArray<string> OutputNames { get; }

    /// <summary>The enqueue timestamp, from the time provider.</summary>
    public long EnqueuedAt { get; }

    /// <summary>The span of the caller; null without a listener.</summary>
    public Activity? Span { get; } = KreweTelemetry.Span;

    public string? RequestId => request.Id;

    /// <summary>Where the request came from; null if unknown.</summary>
    public IPAddress? Caller => request.Caller;

    /// <summary>The response; await it once.</summary>
    public ValueTask<InferenceResponse> Answer => new(this, completion.Version);

    /// <summary>True if the version is draining and about to be unloaded.</summary>
    public bool IsLeaseClosed => lease.IsClosed;

    /// <summary>True if the caller named a deadline.</summary>
    public bool HasDeadline => request.Timeout != Timeout.InfiniteTimeSpan;

    /// <summary>True if it may wait, and nothing may wait for it.</summary>
    public bool IsBackground => request.IsBackground;

    /// <summary>True if the caller gave up before a runner took the request.</summary>
    public bool IsAbandoned => Volatile.Read(ref state) == Abandoned;

    /// <summary>
    /// Called by a runner: true if the caller still waits. The inputs then stay alive until <see cref="Answered"/> or <see cref="Failed"/>.
    /// </summary>
    public bool TryTake()
    {
        if (Interlocked.CompareExchange(ref state, Taken, Waiting) != Waiting)
        {
            return false;
        }

        var inputsAreThere = request.Lease();
        if (!inputsAreThere)
        {
            ReleaseLease();
        }

        return inputsAreThere;
    }

    /// <summary>
    /// Called by a runner, after <see cref="TryTake"/>: the run that answers it from here on. A caller that gives up is reported to it.
    /// </summary>
    public void RunBy(NativeRun answering)
    {
        Interlocked.Exchange(ref run, answering);
        if (Volatile.Read(ref state) == Over)
        {
            Interlocked.Exchange(ref run, null)?.GiveUp();
        }
    }

    /// <summary>Called for the caller: stops waiting at once.</summary>
    public void Abandon(CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref state, Abandoned, Waiting) == Waiting)
        {
            ReleaseLease();
        }
        else if (Interlocked.CompareExchange(ref state, Over, Taken) != Taken)
        {
            return;
        }

        Interlocked.Exchange(ref run, null)?.GiveUp();
        completion.SetException(new OperationCanceledException(cancellationToken));
    }

    /// <summary>Called by a runner, after <see cref="TryTake"/>.</summary>
    public void Answered(InferenceResponse response)
    {
        request.Dispose();
        Complete(response, null);
    }

    /// <summary>Called by a runner, after <see cref="TryTake"/>.</summary>
    public void Failed(Exception error)
    {
        request.Dispose();
        Complete(null, error);
    }

    /// <summary>Whether both can be batched: same outputs, and same input shapes except for the first dimension.</summary>
    public bool CanShareRunWith(PendingInference other) =>
        Rows > 0 && other.Rows > 0 && SameOutputs(other.OutputNames) && SameShapes(other.Inputs);

    private void Complete(InferenceResponse? response, Exception? error)
    {
        if (completions is null)
        {
            SetResult(response, error);
        }
        else
        {
            PostCompletion(completions, response, error);
        }
    }

    // A separate method, so that foreground calls do not allocate its closure.
    private void PostCompletion(CompletionDispatcher dispatcher, InferenceResponse? response, Exception? error) =>
        dispatcher.Post(() => SetResult(response, error));

    private void SetResult(InferenceResponse? response, Exception? error)
    {
        ReleaseLease();
        if (Interlocked.CompareExchange(ref state, Over, Taken) != Taken)
        {
            response?.Dispose();
        }
        else if (error is not null)
        {
            completion.SetException(error);
        }
        else
        {
            completion.SetResult(response!);
        }
    }

    InferenceResponse IValueTaskSource<InferenceResponse>.GetResult(short token) => completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<InferenceResponse>.GetStatus(short token) => completion.GetStatus(token);

    void IValueTaskSource<InferenceResponse>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        completion.OnCompleted(continuation, state, token, flags);

    private void ReleaseLease() => lease.Return(isUse: !request.IsBackground);

    private bool SameOutputs(ImmutableArray<string> names) =>
        names == OutputNames || (!names.IsDefault && !OutputNames.IsDefault && names.AsSpan().SequenceEqual(OutputNames.AsSpan()));

    private bool SameShapes(TensorData[] inputs)
    {
        for (var i = 0; i < inputs.Length; i++)
        {
            if (!inputs[i].Shape.AsSpan(1).SequenceEqual(Inputs[i].Shape.AsSpan(1)))
            {
                return false;
            }
        }

        return true;
    }
}
