namespace Krewe.Onnx.Building;

/// <summary>A graph that is an attribute of a node: a branch of <c>If</c>, the body of <c>Loop</c>.</summary>
public sealed class Subgraph(string name) : GraphBuilder<Subgraph>(name);
