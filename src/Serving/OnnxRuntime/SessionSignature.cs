using System.Collections.Immutable;
using Krewe.Abstractions;
using Krewe.Serving.Operators;

namespace Krewe.Serving;

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
    /// <summary>True where the first dimension of every input may be free, so that a request can be cut into its rows.</summary>
    public bool InputsHaveRows => !Inputs.IsEmpty && Inputs.All(static input => input.Shape is [< 0, ..]);
}
