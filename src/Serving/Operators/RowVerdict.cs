namespace Krewe.Serving.Operators;

/// <summary>What a graph says about its rows.</summary>
/// <param name="Dependence">The answer.</param>
/// <param name="Reason">The node and what it does, as a part of a sentence; null where rows are independent.</param>
internal sealed record RowVerdict(RowDependence Dependence, string? Reason = null);
