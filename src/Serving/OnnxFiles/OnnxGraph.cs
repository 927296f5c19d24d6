using System.Collections.Immutable;

namespace Krewe.Serving;

/// <summary>The nodes of a graph or of a body inside one, in the file's order, without weights.</summary>
/// <param name="Inputs">The names of its inputs; in the main graph some may be constants too.</param>
/// <param name="Outputs">The names of its outputs.</param>
/// <param name="Nodes">Its nodes.</param>
/// <param name="Constants">Its initializers.</param>
internal sealed record OnnxGraph(
    ImmutableArray<string> Inputs, ImmutableArray<string> Outputs, ImmutableArray<OnnxNode> Nodes, ImmutableArray<OnnxConstant> Constants);
