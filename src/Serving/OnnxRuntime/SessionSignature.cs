using System.Collections.Immutable;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.Operators;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>The inputs and outputs of a session.</summary>
/// <param name="Inputs">The inputs, in the graph's order.</param>
/// <param name="Outputs">The outputs, in the graph's order.</param>
/// <param name="HasBatchDimension">True if the first dimension of every input and output is free, so that requests could be
/// batched.</param>
/// <param name="Rows">The result of the row analysis.</param>
internal sealed record SessionSignature(
    ImmutableArray<TensorSpec> Inputs, ImmutableArray<TensorSpec> Outputs, bool HasBatchDimension, RowVerdict Rows)
{
    /// <summary>Inputs that the graph takes in another shape than callers send.</summary>
    public ImmutableDictionary<string, TensorReshape> InputReshapes { get; init; } = ImmutableDictionary<string, TensorReshape>.Empty;

    /// <summary>Outputs that the graph returns in another shape than callers receive.</summary>
    public ImmutableDictionary<string, TensorReshape> OutputReshapes { get; init; } = ImmutableDictionary<string, TensorReshape>.Empty;

    /// <summary>
    /// How the memory of a run grows with its inputs; unknown unless a session runs in this process and on the processor: a device and a
    /// worker process have limits of their own.
    /// </summary>
    public ActivationSize Activations { get; init; } = ActivationSize.Unknown;

    /// <summary>How the graph can harm its process, as part of a sentence; null if it cannot.</summary>
    public string? Hazard { get; init; }

    /// <summary>The node that ends the process if an input is empty; null if there is none, or if a worker process runs it.</summary>
    public string? EmptyHazard { get; init; }

    /// <summary>True if every input has a free first dimension, so that a request can be split by rows.</summary>
    public bool InputsHaveRows => !Inputs.IsEmpty && Inputs.All(static input => input.Shape is [< 0, ..])
        && InputReshapes.Values.All(static reshape => reshape.Graph is [< 0, ..]);

    /// <summary>False if the file leaves an output's type open until a load infers it.</summary>
    public bool IsComplete => Outputs.All(static output => output.Type != default);
}
