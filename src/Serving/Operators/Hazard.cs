using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>
/// How an operator can harm the process that runs it. An operator that <see cref="OperatorTable"/> does not have can do anything.
/// </summary>
[Flags]
internal enum Hazard
{
    /// <summary>Its time and memory follow from the shapes of its inputs.</summary>
    None = 0,

    /// <summary>Divides integers: the processor traps if the divisor is 0, or if it is -1 and the dividend the smallest number.</summary>
    IntegerDivision = 1,

    /// <summary>An input says how large the output is.</summary>
    Size = 2,

    /// <summary>Attributes say how large the output is.</summary>
    SizeAttributes = 4,

    /// <summary>Ends the process if its input has no elements.</summary>
    Empty = 8,

    /// <summary>Makes outputs without elements of inputs that have some.</summary>
    Shrinks = 16,

    /// <summary>Ends the process, or never ends, if one input has no elements: <see cref="OperatorTable.NeededInput"/>.</summary>
    EmptyOperand = 32,

    /// <summary>Ends the process if it is a node of a function.</summary>
    InFunction = 64,
}

/// <summary>How a graph can harm its process.</summary>
/// <param name="Hazard">The first hazard, as part of a sentence; null for a plain graph.</param>
/// <param name="Empty">For a graph that is plain if none of its inputs is empty: the node that ends the process on an empty one.</param>
internal readonly record struct HazardVerdict(string? Hazard, string? Empty);

/// <summary>Whether values are numbers with a fraction.</summary>
internal enum ElementClass
{
    Unknown,
    Float,
    Integer,
    Other,
}

/// <summary>What a value is computed from, from best to worst.</summary>
internal enum ValueSource
{
    /// <summary>The file.</summary>
    Constant,

    /// <summary>The shapes of inputs, times <see cref="HazardValue.Factor"/> at most.</summary>
    Shapes,

    /// <summary>The contents of inputs.</summary>
    Data,
}

/// <summary>A value as the hazards see it.</summary>
/// <param name="Class">Its elements.</param>
/// <param name="Source">What it is computed from.</param>
/// <param name="Numbers">The integers of a small constant.</param>
/// <param name="Floats">The floats of a small constant.</param>
/// <param name="Factor">For a value computed from shapes: by how much constants have multiplied them.</param>
/// <param name="MayVanish">
/// True if it may have no element though no input of the graph is empty; for a value computed from shapes, if it may contain a 0.
/// </param>
internal readonly record struct HazardValue(
    ElementClass Class, ValueSource Source, ImmutableArray<long>? Numbers = null, ImmutableArray<float>? Floats = null, long Factor = 1,
    bool MayVanish = false);
