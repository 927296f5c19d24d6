using System.Collections.Immutable;

namespace Krewe.Serving;

/// <summary>A constant tensor of a graph: what it is, and its values where they are few and lie in the file.</summary>
/// <param name="Name">Its name; empty for one in an attribute.</param>
/// <param name="Type">The number of its element type (<c>TensorProto.DataType</c>).</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Integers">The values of whole numbers and booleans; null where they were not read.</param>
/// <param name="Floats">The values of single-precision numbers; null where they were not read.</param>
internal sealed record OnnxConstant(
    string Name, ulong Type, ImmutableArray<long> Shape, ImmutableArray<long>? Integers, ImmutableArray<float>? Floats);
