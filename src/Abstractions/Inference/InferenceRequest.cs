using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Abstractions.Inference;

/// <summary>
/// One inference: a model, its inputs, and the outputs wanted. The maker owns it and disposes it once, after the call is over;
/// whoever must read the inputs longer than that (a run whose caller has given up) takes a <see cref="Lease"/> first. The
/// inputs' memory goes back when the last holder has let go.
/// </summary>
public sealed class InferenceRequest : IDisposable
{
    private int holders = 1;
    private InferenceRequest? source;

    /// <summary>The model asked for.</summary>
    public required ModelReference Model { get; init; }

    /// <summary>The caller's own mark for this request, given back with the answer.</summary>
    public string? Id { get; init; }

    /// <summary>The inputs, in any order, names unique.</summary>
    public required IReadOnlyList<Tensor> Inputs { get; init; }

    /// <summary>The names of the outputs wanted, in the order wanted; empty for all.</summary>
    public IReadOnlyList<string> RequestedOutputs { get; init; } = [];

    /// <summary>How long the caller waits, counted from the call of the host; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</summary>
    public TimeSpan Timeout { get; init; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>
    /// What a caller gives to be sent to the same version again while a rollout splits the calls, such as a user's name; null for none. It
    /// is not passed on.
    /// </summary>
    public string? RouteKey { get; init; }

    /// <summary>
    /// True for a copy that nobody waits for: it gets only what real calls leave over, and is refused where that is nothing.
    /// </summary>
    public bool IsBackground { get; init; }

    /// <summary>
    /// Set on a control call of a rollout to the new version: the old one answers it where that one's replica is, by a session of its own
    /// that gets nothing but such calls, and refuses it at once where there is none. Null for every other call.
    /// </summary>
    public ModelVersion? Beside { get; init; }

    /// <summary>What the inputs' memory belongs to beside the tensors themselves; disposed with them.</summary>
    public IDisposable? Owner { get; init; }

    /// <summary>Keeps the inputs alive until a matching <see cref="Dispose"/>; false where they are gone already.</summary>
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
    /// The same inference under another reference and with another time limit, to be passed on: it shares the inputs and keeps them
    /// alive until it is disposed itself. Null where they are gone already.
    /// </summary>
    public InferenceRequest? Forward(ModelReference model, TimeSpan timeout) => Forward(model, timeout, IsBackground, Beside);

    /// <summary>The same, as a call that somebody waits for or as one that nobody does.</summary>
    public InferenceRequest? Forward(ModelReference model, TimeSpan timeout, bool isBackground) =>
        Forward(model, timeout, isBackground, Beside);

    /// <summary>The same as a control call; see <see cref="Beside"/>.</summary>
    public InferenceRequest? Forward(ModelReference model, TimeSpan timeout, ModelVersion beside) =>
        Forward(model, timeout, IsBackground, beside);

    /// <summary>Lets go; the last to do so gives the memory back.</summary>
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

    private InferenceRequest? Forward(ModelReference model, TimeSpan timeout, bool isBackground, ModelVersion? beside) => Lease()
        ? new InferenceRequest
        {
            Model = model, Id = Id, Inputs = Inputs, RequestedOutputs = RequestedOutputs, Timeout = timeout, IsBackground = isBackground,
            Beside = beside,
            source = this,
        }
        : null;
}
