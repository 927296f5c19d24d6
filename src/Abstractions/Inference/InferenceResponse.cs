namespace Krewe.Abstractions;

/// <summary>The answer to an <see cref="InferenceRequest"/>. The receiver disposes it once the outputs are written.</summary>
public sealed class InferenceResponse : IDisposable
{
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
                $"model '{Model}' answered without an output '{ErrorText.Quote(name)}'; there is {string.Join(", ", Outputs.Select(output => $"'{output.Name}'"))}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var output in Outputs)
        {
            output.Dispose();
        }
    }
}
