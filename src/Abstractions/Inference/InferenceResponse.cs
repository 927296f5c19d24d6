using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Abstractions.Inference;

/// <summary>
/// The answer to an <see cref="InferenceRequest"/>. The receiver disposes it once the outputs are written; who reads them beside the
/// receiver takes a <see cref="Lease"/> first.
/// </summary>
public sealed class InferenceResponse : IDisposable
{
    private int holders = 1;

    /// <summary>The version that answered.</summary>
    public required ModelId Model { get; init; }

    /// <summary>The request's own mark.</summary>
    public string? Id { get; init; }

    /// <summary>The outputs, in the order asked for, or in the model's order where none was asked for.</summary>
    public required IReadOnlyList<Tensor> Outputs { get; init; }

    /// <summary>The output of a name; throws <see cref="KeyNotFoundException"/> where there is none.</summary>
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
                $"model '{Model}' answered without an output '{ErrorText.Quote(name)}'; there is "
                    + $"{string.Join(", ", Outputs.Select(output => $"'{output.Name}'"))}");
        }
    }

    /// <summary>
    /// Keeps the outputs alive until a matching <see cref="Dispose"/>. Only for who knows that they are alive: whoever got the response has
    /// not passed it on yet.
    /// </summary>
    public void Lease() => Interlocked.Increment(ref holders);

    /// <summary>Lets go; the last to do so gives the memory back.</summary>
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
