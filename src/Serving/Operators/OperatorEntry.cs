using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>What is known of one operator. Each question that is put to graphs is a column here.</summary>
/// <param name="Domain">Its domain, empty for the standard one.</param>
/// <param name="Name">Its name.</param>
/// <param name="Rows">How its results depend on the rows that share a run.</param>
/// <param name="ShapeInputs">The inputs that say shapes and places rather than being computed with.</param>
internal sealed record OperatorEntry(string Domain, string Name, RowRule Rows, ImmutableArray<int> ShapeInputs);
