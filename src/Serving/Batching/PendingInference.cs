using System.Collections.Immutable;
using Krewe.Abstractions.Inference;
using Krewe.Serving.Execution;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Sessions;

namespace Krewe.Serving.Batching;

/// <summary>
/// A request in a batch queue. It ends in one of two ways: a runner takes it and answers, or its caller gives up. Whoever is first
/// decides; a caller may still give up while the run is under way, and then the answer is thrown away. It holds a lease on the
/// loaded version until nothing of it can touch the session any more. A runner of low priority answers through a
/// <see cref="CompletionDispatcher"/>.
/// </summary>
internal sealed class PendingInference
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Abandoned = 2;
    private readonly TaskCompletionSource<InferenceResponse> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly InferenceRequest request;
    private readonly SessionLease lease;
    private readonly CompletionDispatcher? completions;
    private int state;

    /// <summary>Takes over the lease.</summary>
    public PendingInference(
        InferenceRequest request, SessionLease lease, TensorData[] inputs, int rows, ImmutableArray<string> outputNames, long enqueuedAt,
        CompletionDispatcher? completions = null)
    {
        (this.request, this.lease, this.completions) = (request, lease, completions);
        (Inputs, Rows, OutputNames, EnqueuedAt) = (inputs, rows, outputNames, enqueuedAt);
    }

    /// <summary>The inputs in the order of the session's signature.</summary>
    public TensorData[] Inputs { get; }

    /// <summary>The size of the batch dimension; 0 where this request must run alone.</summary>
    public int Rows { get; }

    /// <summary>The outputs wanted; default for all.</summary>
    public ImmutableArray<string> OutputNames { get; }

    /// <summary>A timestamp of the time provider.</summary>
    public long EnqueuedAt { get; }

    public string? RequestId => request.Id;

    public Task<InferenceResponse> Answer => completion.Task;

    /// <summary>True where the version it is for is to leave memory.</summary>
    public bool IsForClosed => lease.IsClosed;

    /// <summary>True where the caller gave up before anybody took it.</summary>
    public bool IsAbandoned => Volatile.Read(ref state) == Abandoned;

    /// <summary>
    /// For a runner: true where the caller still waits. The inputs then stay until <see cref="Answered"/> or <see cref="Failed"/>.
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
            GiveBack();
        }

        return inputsAreThere;
    }

    /// <summary>For the caller: stops waiting, at once.</summary>
    public void Abandon(CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref state, Abandoned, Waiting) == Waiting)
        {
            GiveBack();
        }

        completion.TrySetCanceled(cancellationToken);
    }

    /// <summary>For a runner, after <see cref="TryTake"/>.</summary>
    public void Answered(InferenceResponse response)
    {
        request.Dispose();
        End(response, null);
    }

    /// <summary>For a runner, after <see cref="TryTake"/>.</summary>
    public void Failed(Exception error)
    {
        request.Dispose();
        End(null, error);
    }

    /// <summary>Whether both may be rows of one run: the same outputs, and inputs of the same shape but for the first dimension.</summary>
    public bool CanShareRunWith(PendingInference other) =>
        Rows > 0 && other.Rows > 0 && SameOutputs(other.OutputNames) && SameShapes(other.Inputs);

    private void End(InferenceResponse? response, Exception? error)
    {
        if (completions is null)
        {
            Tell(response, error);
        }
        else
        {
            EndElsewhere(completions, response, error);
        }
    }

    // Apart, so that real calls do not pay for its closure.
    private void EndElsewhere(CompletionDispatcher other, InferenceResponse? response, Exception? error) =>
        other.Post(() => Tell(response, error));

    private void Tell(InferenceResponse? response, Exception? error)
    {
        GiveBack();
        if (error is not null)
        {
            completion.TrySetException(error);
        }
        else if (!completion.TrySetResult(response!))
        {
            response!.Dispose();
        }
    }

    private void GiveBack() => lease.Return(isUse: !request.IsBackground);

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
