using Google.Protobuf;
using Krewe.Onnx.Protobuf;
using static Krewe.Onnx.Protobuf.AttributeProto.Types;

namespace Krewe.Onnx.Building;

/// <summary>
/// A named attribute of a node, implicitly converted from pairs: <c>("axis", 1)</c>, <c>("alpha", 0.1f)</c>, <c>("pads", new long[]
/// {…})</c>.
/// </summary>
public sealed class AttributeValue
{
    private AttributeValue(string name, AttributeType type) => Message = new AttributeProto { Name = name, Type = type };

    internal AttributeProto Message { get; }

    public static implicit operator AttributeValue((string Name, long Value) pair) => Of(pair.Name, pair.Value);

    public static implicit operator AttributeValue((string Name, float Value) pair) => Of(pair.Name, pair.Value);

    public static implicit operator AttributeValue((string Name, string Value) pair) => Of(pair.Name, pair.Value);

    public static implicit operator AttributeValue((string Name, long[] Value) pair) => Of(pair.Name, pair.Value);

    public static implicit operator AttributeValue((string Name, float[] Value) pair) => Of(pair.Name, pair.Value);

    public static implicit operator AttributeValue((string Name, Constant Value) pair) => Of(pair.Name, pair.Value);

    public static implicit operator AttributeValue((string Name, Subgraph Value) pair) => Of(pair.Name, pair.Value);

    /// <summary>An integer.</summary>
    public static AttributeValue Of(string name, long value) => new(name, AttributeType.Int) { Message = { I = value } };

    /// <summary>A single-precision float.</summary>
    public static AttributeValue Of(string name, float value) => new(name, AttributeType.Float) { Message = { F = value } };

    /// <summary>A string, written as UTF-8.</summary>
    public static AttributeValue Of(string name, string value) =>
        new(name, AttributeType.String) { Message = { S = ByteString.CopyFromUtf8(value) } };

    /// <summary>A list of integers.</summary>
    public static AttributeValue Of(string name, long[] values) => new(name, AttributeType.Ints) { Message = { Ints = { values } } };

    /// <summary>A list of single-precision floats.</summary>
    public static AttributeValue Of(string name, float[] values) => new(name, AttributeType.Floats) { Message = { Floats = { values } } };

    /// <summary>A constant tensor.</summary>
    public static AttributeValue Of(string name, Constant value) => new(name, AttributeType.Tensor) { Message = { T = value.Message } };

    /// <summary>A graph: a branch of <c>If</c> or the body of <c>Loop</c>.</summary>
    public static AttributeValue Of(string name, Subgraph value) => new(name, AttributeType.Graph) { Message = { G = value.Graph } };
}
