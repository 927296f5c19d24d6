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

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var output in Outputs)
        {
            output.Dispose();
        }
    }
}
