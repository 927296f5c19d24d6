namespace Krewe.Onnx.Building;

/// <summary>A graph used as an attribute of a node: a branch of <c>If</c> or the body of <c>Loop</c>.</summary>
public sealed class Subgraph(string name) : GraphBuilder<Subgraph>(name);
