using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>An input or output of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type; null where it is no tensor, or of a type the protocol does not have.</param>
/// <param name="Kind">What it is, for messages: <c>tensor(float)</c>, <c>sequence</c>, <c>map</c>, <c>optional</c>, ...</param>
/// <param name="Shape">Its dimensions; null where the rank is unknown.</param>
internal sealed record OnnxValueInfo(string Name, TensorType? Type, string Kind, ImmutableArray<OnnxDimension>? Shape);
