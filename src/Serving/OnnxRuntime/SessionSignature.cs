using System.Collections.Immutable;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.Operators;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>What a session takes and gives.</summary>
/// <param name="Inputs">The inputs, in the graph's order.</param>
/// <param name="Outputs">The outputs, in the graph's order.</param>
/// <param name="HasBatchDimension">
/// True where the first dimension of every input and output is free, so that requests could share a run.
/// </param>
/// <param name="Rows">What the graph says of the rows of a run.</param>
internal sealed record SessionSignature(
    ImmutableArray<TensorSpec> Inputs, ImmutableArray<TensorSpec> Outputs, bool HasBatchDimension, RowVerdict Rows)
{
    /// <summary>The inputs that the graph takes in another shape than callers send.</summary>
    public ImmutableDictionary<string, TensorReshape> InputReshapes { get; init; } = ImmutableDictionary<string, TensorReshape>.Empty;

    /// <summary>The outputs that the graph gives in another shape than callers get.</summary>
    public ImmutableDictionary<string, TensorReshape> OutputReshapes { get; init; } = ImmutableDictionary<string, TensorReshape>.Empty;

    /// <summary>True where the first dimension of every input may be free, so that a request can be cut into its rows.</summary>
    public bool InputsHaveRows => !Inputs.IsEmpty && Inputs.All(static input => input.Shape is [< 0, ..])
        && InputReshapes.Values.All(static reshape => reshape.Graph is [< 0, ..]);

    /// <summary>False where the file leaves an output's type open, which a load then shows; its type is none until then.</summary>
    public bool IsComplete => Outputs.All(static output => output.Type != default);
}
