using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Abstractions.Inference;

/// <summary>
/// The response to an <see cref="InferenceRequest"/>. The receiver disposes it once the outputs are written; any other reader takes a
/// <see cref="Lease"/> first.
/// </summary>
public sealed class InferenceResponse : IDisposable
{
    private int holders = 1;

    /// <summary>The version that answered.</summary>
    public required ModelId Model { get; init; }

    /// <summary>The request id.</summary>
    public string? Id { get; init; }

    /// <summary>The outputs, in the requested order, or in the model's order if none were requested.</summary>
    public required IReadOnlyList<Tensor> Outputs { get; init; }

    /// <summary>The output with the given name; throws <see cref="KeyNotFoundException"/> if there is none.</summary>
    public Tensor this[string name]
    {
        get
        {
            foreach (var output in Outputs)
            {
                if (output.Name == name)
                {
                    return output;
                }
            }

            throw new KeyNotFoundException(
                $"model '{Model}' returned no output '{ErrorText.Quote(name)}'; its outputs are "
                    + $"{string.Join(", ", Outputs.Select(output => $"'{output.Name}'"))}");
        }
    }

    /// <summary>
    /// Keeps the outputs alive until a matching <see cref="Dispose"/>. Call it only while holding the response, before passing it on.
    /// </summary>
    public void Lease() => Interlocked.Increment(ref holders);

    /// <summary>Releases one lease; the last one frees the outputs.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref holders) != 0)
        {
            return;
        }

        foreach (var output in Outputs)
        {
            output.Dispose();
        }
    }
}
