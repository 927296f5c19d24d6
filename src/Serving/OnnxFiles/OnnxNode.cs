using System.Collections.Immutable;

namespace Krewe.Serving;

/// <summary>A node of a graph: an operator and the values that it reads and makes.</summary>
/// <param name="Name">Its name, often empty.</param>
/// <param name="Domain">The operator's domain, empty for the standard one.</param>
/// <param name="Operator">The operator.</param>
/// <param name="Inputs">What it reads; an empty name is an optional input that is left out.</param>
/// <param name="Outputs">What it makes; an empty name is an output that nobody wants.</param>
/// <param name="Attributes">Its attributes.</param>
internal sealed record OnnxNode(
    string Name, string Domain, string Operator, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs,
    ImmutableArray<OnnxAttribute> Attributes);
