using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Krewe.Serving.OnnxFiles;

/// <summary>Collects a tensor's type, dimensions and, if they are few, its values, in any of the encodings of a file.</summary>
internal sealed class OnnxTensorValues
{
    private const int Float = 1, UInt8 = 2, Int8 = 3, Int32 = 6, Int64 = 7, Bool = 9;
    private readonly List<long> shape = [];
    private readonly List<long> integers = [];
    private readonly List<float> floats = [];
    private byte[]? raw;
    private ulong type;
    private bool isWhole = true;

    /// <summary>Reads or skips a field of the tensor.</summary>
    public void Read(ProtobufReader reader, ProtobufField field)
    {
        switch (field)
        {
            case (1, _):
                isWhole &= Numbers(reader, field, shape, OnnxLimits.Rank);
                break;
            case (2, ProtobufEncoding.Varint):
                type = reader.Varint();
                break;
            case (4, ProtobufEncoding.Bytes or ProtobufEncoding.Fixed32):
                isWhole &= Singles(reader, field, floats, OnnxLimits.ConstantValues);
                break;
            case (5 or 7, _):
                isWhole &= Numbers(reader, field, integers, OnnxLimits.ConstantValues);
                break;
            case (9, ProtobufEncoding.Bytes):
                raw = reader.Bytes(OnnxLimits.ConstantValues * sizeof(long));
                isWhole &= raw is not null;
                break;
            default:
                reader.Skip(field);
                break;
        }
    }

    /// <summary>The result; without values if they are many, external, or do not match the dimensions.</summary>
    public OnnxConstant ToConstant(string name, bool isElsewhere)
    {
        var known = isWhole && !isElsewhere;
        if (known && raw is { Length: > 0 })
        {
            FromRaw(raw);
        }

        var count = shape.Aggregate(1L, (product, size) => size is >= 0 and <= int.MaxValue ? Math.Min(product * size, int.MaxValue) : -1);
        return new OnnxConstant(
            name, type, [.. shape],
            known && type is UInt8 or Int8 or Int32 or Int64 or Bool && integers.Count == count ? [.. integers] : null,
            known && type == Float && floats.Count == count ? [.. floats] : null);
    }

    /// <summary>Reads integers, packed or single; returns false and skips them if there are too many.</summary>
    public static bool Numbers(ProtobufReader reader, ProtobufField field, List<long> values, int most)
    {
        if (field.Encoding == ProtobufEncoding.Varint)
        {
            values.Add((long)reader.Varint());
            return values.Count <= most || Drop(values);
        }

        if (field.Encoding != ProtobufEncoding.Bytes)
        {
            reader.Skip(field);
            return false;
        }

        const int LongestNumber = 10;
        return reader.Bytes(most * LongestNumber) is { } packed && Unpack(packed, values) && (values.Count <= most || Drop(values));
    }

    /// <summary>The same for single-precision numbers.</summary>
    public static bool Singles(ProtobufReader reader, ProtobufField field, List<float> values, int most)
    {
        if (field.Encoding == ProtobufEncoding.Fixed32)
        {
            values.Add(reader.Single());
            return values.Count <= most || Drop(values);
        }

        if (reader.Bytes(most * sizeof(float)) is not { } bytes || bytes.Length % sizeof(float) != 0)
        {
            return false;
        }

        for (var at = 0; at < bytes.Length; at += sizeof(float))
        {
            values.Add(BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(at)));
        }

        return values.Count <= most || Drop(values);
    }

    private static bool Unpack(byte[] packed, List<long> values)
    {
        var (value, shift) = (0UL, 0);
        foreach (var part in packed)
        {
            value |= shift < 64 ? (ulong)(part & 0x7F) << shift : 0;
            shift += 7;
            if (part < 0x80)
            {
                values.Add((long)value);
                (value, shift) = (0, 0);
            }
        }

        return shift == 0;
    }

    private static bool Drop<T>(List<T> values)
    {
        values.Clear();
        return false;
    }

    private void FromRaw(byte[] bytes)
    {
        switch (type)
        {
            case Float:
                floats.AddRange(MemoryMarshal.Cast<byte, float>(bytes));
                break;
            case Int64:
                integers.AddRange(MemoryMarshal.Cast<byte, long>(bytes));
                break;
            case Int32:
                integers.AddRange(MemoryMarshal.Cast<byte, int>(bytes).ToArray().Select(value => (long)value));
                break;
            case Int8:
                integers.AddRange(bytes.Select(value => (long)(sbyte)value));
                break;
            case UInt8 or Bool:
                integers.AddRange(bytes.Select(value => (long)value));
                break;
            default:
                break;
        }
    }
}
