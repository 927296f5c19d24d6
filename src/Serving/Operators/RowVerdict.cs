using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>What a graph says about its rows.</summary>
/// <param name="Dependence">The answer.</param>
/// <param name="Reason">The node and what it does, as a part of a sentence; null where rows are independent.</param>
internal sealed record RowVerdict(RowDependence Dependence, string? Reason = null);

/// <summary>How a value depends on the rows that share a run. A value can be no better than the worst that it is made of.</summary>
internal enum RowKind
{
    /// <summary>The same whatever the rows are.</summary>
    Constant,

    /// <summary>One axis belongs to the rows, and what lies at a row depends on that row alone.</summary>
    Rows,

    /// <summary>Depends on how many rows there are, not on what they hold.</summary>
    Count,

    /// <summary>Cannot be decided.</summary>
    Unknown,

    /// <summary>What one row gets depends on the others, or on how many there are.</summary>
    Mixed,
}

/// <summary>Whether what a row gets depends on the rows it shares a run with.</summary>
internal enum RowDependence
{
    /// <summary>Proven: it does not.</summary>
    Independent,

    /// <summary>Neither is proven.</summary>
    Undecided,

    /// <summary>Proven: it does.</summary>
    Dependent,
}

/// <summary>
/// What an operator makes of the rows of its inputs, of which none is mixed or unknown. Where a node has more outputs than the rule
/// gives values, the last value is that of all others.
/// </summary>
internal delegate RowValue[] RowRule(OperatorCall call);

/// <summary>What is known of one operator. Each question that is put to graphs is a column here.</summary>
/// <param name="Domain">Its domain, empty for the standard one.</param>
/// <param name="Name">Its name.</param>
/// <param name="Rows">How its results depend on the rows that share a run.</param>
/// <param name="ShapeInputs">The inputs that say shapes and places rather than being computed with.</param>
internal sealed record OperatorEntry(string Domain, string Name, RowRule Rows, ImmutableArray<int> ShapeInputs);
