using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>The result of a row analysis.</summary>
/// <param name="Dependence">The result.</param>
/// <param name="Reason">The node and what it does, as part of a sentence; null if rows are independent.</param>
internal sealed record RowVerdict(RowDependence Dependence, string? Reason = null);

/// <summary>How a value depends on the rows of a run, from best to worst. A result is no better than its worst input.</summary>
internal enum RowKind
{
    /// <summary>Independent of the rows.</summary>
    Constant,

    /// <summary>One axis is the row axis, and the elements of a row depend on that row only.</summary>
    Rows,

    /// <summary>Depends on the number of rows, not on their content.</summary>
    Count,

    /// <summary>Cannot be analysed.</summary>
    Unknown,

    /// <summary>Elements of one row depend on other rows, or on their number.</summary>
    Mixed,
}

/// <summary>Whether the result for a row depends on the other rows of the run.</summary>
internal enum RowDependence
{
    /// <summary>Proven independent.</summary>
    Independent,

    /// <summary>Undecided.</summary>
    Undecided,

    /// <summary>Proven dependent.</summary>
    Dependent,
}

/// <summary>
/// Computes the outputs of an operator from inputs of which none is mixed or unknown. If a node has more outputs than values are returned,
/// the last value applies to the rest.
/// </summary>
internal delegate RowValue[] RowRule(OperatorCall call);

/// <summary>The analysis rules of one operator; each property analysed is a column.</summary>
/// <param name="Domain">Its domain, empty for the standard one.</param>
/// <param name="Name">Its name.</param>
/// <param name="Rows">The row rule.</param>
/// <param name="ShapeInputs">The inputs that are shapes or indices rather than data.</param>
internal sealed record OperatorEntry(string Domain, string Name, RowRule Rows, ImmutableArray<int> ShapeInputs);
