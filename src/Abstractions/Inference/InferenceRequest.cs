using System.Net;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Abstractions.Inference;

/// <summary>
/// One inference: a model, its inputs, and the requested outputs. The creator disposes it once, after the call. Code that reads the inputs
/// for longer (a run whose caller has given up) takes a <see cref="Lease"/> first; the inputs are freed with the last lease.
/// </summary>
public sealed class InferenceRequest : IDisposable
{
    private int holders = 1;
    private InferenceRequest? source;

    /// <summary>The requested model.</summary>
    public required ModelReference Model { get; init; }

    /// <summary>A request id chosen by the caller and returned with the response.</summary>
    public string? Id { get; init; }

    /// <summary>The inputs, in any order, with unique names.</summary>
    public required IReadOnlyList<Tensor> Inputs { get; init; }

    /// <summary>The names of the requested outputs, in order; empty for all.</summary>
    public IReadOnlyList<string> RequestedOutputs { get; init; } = [];

    /// <summary>The caller's time limit, counted from the call to the host; <see cref="Timeout.InfiniteTimeSpan"/> for none.</summary>
    public TimeSpan Timeout { get; init; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Routing key for sticky assignment during a rollout, such as a user name: equal keys get the same version. Null for none. It is not
    /// forwarded.
    /// </summary>
    public string? RouteKey { get; init; }

    /// <summary>True for a background (shadow) call: it runs on spare capacity only and is rejected if there is none.</summary>
    public bool IsBackground { get; init; }

    /// <summary>
    /// Set on a rollout's control call to the new version: the given old version answers it on the new version's replica, by a baseline
    /// session used for such calls only. Rejected at once if there is no such session. Null for every other call.
    /// </summary>
    public ModelVersion? Beside { get; init; }

    /// <summary>Where it came from, to say who sent what ended a process; null if unknown.</summary>
    public IPAddress? Caller { get; set; }

    /// <summary>An additional owner of the inputs' memory, disposed with them.</summary>
    public IDisposable? Owner { get; init; }

    /// <summary>Keeps the inputs alive until a matching <see cref="Dispose"/>; false if they are already freed.</summary>
    public bool Lease()
    {
        for (var seen = Volatile.Read(ref holders); seen > 0; seen = Volatile.Read(ref holders))
        {
            if (Interlocked.CompareExchange(ref holders, seen + 1, seen) == seen)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// A copy for forwarding, with another reference and time limit. It shares the inputs and keeps them alive until it is disposed. Null
    /// if they are already freed.
    /// </summary>
    /// <param name="model">The reference.</param>
    /// <param name="timeout">The time limit.</param>
    /// <param name="isBackground"><see cref="IsBackground"/>; null for what this one has.</param>
    /// <param name="beside"><see cref="Beside"/>; null for what this one has.</param>
    public InferenceRequest? Forward(
        ModelReference model, TimeSpan timeout, bool? isBackground = null, ModelVersion? beside = null) => Lease()
        ? new InferenceRequest
        {
            Model = model, Id = Id, Inputs = Inputs, RequestedOutputs = RequestedOutputs, Timeout = timeout,
            IsBackground = isBackground ?? IsBackground, Beside = beside ?? Beside,
            Caller = Caller, source = this,
        }
        : null;

    /// <summary>Releases one lease; the last one frees the inputs.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref holders) != 0)
        {
            return;
        }

        if (source is not null)
        {
            source.Dispose();
            return;
        }

        foreach (var input in Inputs)
        {
            input.Dispose();
        }

        Owner?.Dispose();
    }
}
