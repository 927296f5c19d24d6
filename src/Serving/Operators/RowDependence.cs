namespace Krewe.Serving.Operators;

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
