using System.Collections.Immutable;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.OnnxFiles;

/// <summary>Reads an input or output of a graph.</summary>
internal static class OnnxValueReader
{
    /// <summary>Reads the current field as a value.</summary>
    public static OnnxValueInfo Read(ProtobufReader reader, OnnxKeptBytes kept)
    {
        var outer = reader.Enter();
        var value = new OnnxValueInfo("", null, OnnxValueInfo.NoType, null);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (1, ProtobufEncoding.Bytes):
                    value = value with { Name = kept.Add(reader.Text("the name of an input or output")) };
                    break;
                case (2, ProtobufEncoding.Bytes):
                    value = Type(reader, kept, value);
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        reader.Leave(outer);
        return value;
    }

    private static OnnxValueInfo Type(ProtobufReader reader, OnnxKeptBytes kept, OnnxValueInfo value)
    {
        var outer = reader.Enter();
        while (reader.Next(out var field))
        {
            if (field is (1, ProtobufEncoding.Bytes))
            {
                value = Tensor(reader, kept, value);
                continue;
            }

            if (field is (4, ProtobufEncoding.Bytes))
            {
                value = value with { Kind = Sequence(reader), Type = null, Shape = null };
                continue;
            }

            value = field.Number switch
            {
                5 => value with { Kind = "map", Type = null, Shape = null },
                7 => value with { Kind = "opaque", Type = null, Shape = null },
                8 => value with { Kind = "sparse tensor", Type = null, Shape = null },
                9 => value with { Kind = "optional", Type = null, Shape = null },
                _ => value,
            };
            reader.Skip(field);
        }

        reader.Leave(outer);
        return value;
    }

    /// <summary>Only distinguishes sequences of maps: those of classifiers can be exported differently.</summary>
    private static string Sequence(ProtobufReader reader)
    {
        var outer = reader.Enter();
        var kind = "sequence";
        while (reader.Next(out var field))
        {
            if (field is not (1, ProtobufEncoding.Bytes))
            {
                reader.Skip(field);
                continue;
            }

            var element = reader.Enter();
            while (reader.Next(out var type))
            {
                kind = type.Number == 5 ? OnnxValueInfo.Maps : kind;
                reader.Skip(type);
            }

            reader.Leave(element);
        }

        reader.Leave(outer);
        return kind;
    }

    private static OnnxValueInfo Tensor(ProtobufReader reader, OnnxKeptBytes kept, OnnxValueInfo value)
    {
        var outer = reader.Enter();
        var type = 0UL;
        ImmutableArray<OnnxDimension>? shape = null;
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (1, ProtobufEncoding.Varint):
                    type = reader.Varint();
                    break;
                case (2, ProtobufEncoding.Bytes):
                    shape = Shape(reader, kept);
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        reader.Leave(outer);
        return value with { Type = OnnxElementTypes.Map(type), Kind = $"tensor({OnnxElementTypes.Name(type)})", Shape = shape };
    }

    private static ImmutableArray<OnnxDimension> Shape(ProtobufReader reader, OnnxKeptBytes kept)
    {
        var outer = reader.Enter();
        var dimensions = ImmutableArray.CreateBuilder<OnnxDimension>();
        while (reader.Next(out var field))
        {
            if (field is not (1, ProtobufEncoding.Bytes))
            {
                reader.Skip(field);
                continue;
            }

            dimensions.Add(Dimension(reader, kept));
            if (dimensions.Count > OnnxLimits.Rank)
            {
                throw new OnnxFileException($"an input or output has more than {OnnxLimits.Rank} dimensions");
            }
        }

        reader.Leave(outer);
        kept.Add(dimensions.Count * 24);
        return dimensions.ToImmutable();
    }

    private static OnnxDimension Dimension(ProtobufReader reader, OnnxKeptBytes kept)
    {
        var outer = reader.Enter();
        var dimension = default(OnnxDimension);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (1, ProtobufEncoding.Varint):
                    // Some exporters write a free dimension as -1.
                    var size = (long)reader.Varint();
                    dimension = size < 0 ? default : new OnnxDimension(size, null);
                    break;
                case (2, ProtobufEncoding.Bytes):
                    var symbol = kept.Add(reader.Text("the name of a dimension"));
                    dimension = symbol.Length == 0 ? default : new OnnxDimension(null, symbol);
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        reader.Leave(outer);
        return dimension;
    }
}

/// <summary>The element types of ONNX (<c>TensorProto.DataType</c>).</summary>
internal static class OnnxElementTypes
{
    private static readonly (string Name, TensorType? Type)[] ByNumber =
    [
        ("undefined", null), ("float", TensorType.Float32), ("uint8", TensorType.UInt8), ("int8", TensorType.Int8),
        ("uint16", TensorType.UInt16), ("int16", TensorType.Int16), ("int32", TensorType.Int32), ("int64", TensorType.Int64),
        ("string", TensorType.Bytes), ("bool", TensorType.Bool), ("float16", TensorType.Float16), ("double", TensorType.Float64),
        ("uint32", TensorType.UInt32), ("uint64", TensorType.UInt64), ("complex64", null), ("complex128", null),
        ("bfloat16", TensorType.BFloat16), ("float8e4m3fn", null), ("float8e4m3fnuz", null), ("float8e5m2", null),
        ("float8e5m2fnuz", null), ("uint4", null), ("int4", null), ("float4e2m1", null),
    ];

    /// <summary>The protocol's type, or null.</summary>
    public static TensorType? Map(ulong number) => number < (ulong)ByNumber.Length ? ByNumber[number].Type : null;

    /// <summary>The ONNX name.</summary>
    public static string Name(ulong number) => number < (ulong)ByNumber.Length ? ByNumber[number].Name : $"type {number}";
}
