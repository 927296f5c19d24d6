namespace Krewe.Serving.Operators;

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
