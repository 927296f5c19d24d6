using Krewe.Onnx.Protobuf;

namespace Krewe.Onnx.Building;

/// <summary>The type of a graph's input or output: a tensor, a sequence, a map, or an optional value.</summary>
public sealed class ValueKind
{
    private ValueKind(TypeProto message) => Message = message;

    internal TypeProto Message { get; }

    /// <summary>A tensor; a scalar without dimensions.</summary>
    public static ValueKind Tensor(TensorType type, params ReadOnlySpan<Dimension> shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (var dimension in shape)
        {
            dimensions.Dim.Add(Write(dimension));
        }

        return new ValueKind(new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dimensions } });
    }

    /// <summary>A tensor of unknown rank.</summary>
    public static ValueKind AnyRank(TensorType type) =>
        new(new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } });

    /// <summary>A list of values of one type.</summary>
    public static ValueKind Sequence(ValueKind element) =>
        new(new TypeProto { SequenceType = new TypeProto.Types.Sequence { ElemType = element.Message } });

    /// <summary>A map to values of one type.</summary>
    public static ValueKind Map(TensorType key, ValueKind value) =>
        new(new TypeProto { MapType = new TypeProto.Types.Map { KeyType = (int)key, ValueType = value.Message } });

    /// <summary>A value that may be absent.</summary>
    public static ValueKind Optional(ValueKind element) =>
        new(new TypeProto { OptionalType = new TypeProto.Types.Optional { ElemType = element.Message } });

    private static TensorShapeProto.Types.Dimension Write(Dimension dimension)
    {
        var message = new TensorShapeProto.Types.Dimension();
        if (dimension.Size is { } size)
        {
            message.DimValue = size;
        }
        else if (dimension.Name is { } name)
        {
            message.DimParam = name;
        }

        return message;
    }
}
