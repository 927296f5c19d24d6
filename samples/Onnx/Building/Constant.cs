using System.Runtime.InteropServices;
using Google.Protobuf;
using Krewe.Onnx.Protobuf;

namespace Krewe.Onnx.Building;

/// <summary>A constant tensor: an initializer of a graph, or the value of an attribute.</summary>
public sealed class Constant
{
    private Constant(TensorProto message) => Message = message;

    internal TensorProto Message { get; }

    /// <summary>
    /// A numeric or boolean constant, row-major; a scalar without dimensions. The element type follows from <typeparamref name="T"/>; for
    /// bfloat16 use <see cref="FromBytes"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The shape does not match the number of values, or ONNX has no such type.</exception>
    public static Constant Of<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        return FromBytes(TypeOf<T>(), MemoryMarshal.AsBytes(values).ToArray(), shape);
    }

    /// <summary>A string constant (UTF-8), row-major; a scalar without dimensions.</summary>
    /// <exception cref="ArgumentException">The shape does not match the number of values.</exception>
    public static Constant Of(ReadOnlySpan<string> values, params ReadOnlySpan<long> shape)
    {
        CheckCount(values.Length, shape);
        var message = Start(TensorType.String, shape);
        foreach (var value in values)
        {
            message.StringData.Add(ByteString.CopyFromUtf8(value));
        }

        return new Constant(message);
    }

    /// <summary>A constant from raw element bytes (little-endian, row-major), which are not copied.</summary>
    /// <exception cref="ArgumentException">The length does not match the type and the shape.</exception>
    public static Constant FromBytes(TensorType type, ReadOnlyMemory<byte> data, params ReadOnlySpan<long> shape)
    {
        var size = SizeOf(type);
        if (data.Length % size != 0)
        {
            throw new ArgumentException($"{data.Length} bytes are not a multiple of the element size {size}.", nameof(data));
        }

        CheckCount(data.Length / size, shape);
        var message = Start(type, shape);
        message.RawData = UnsafeByteOperations.UnsafeWrap(data);
        return new Constant(message);
    }

    /// <summary>
    /// A constant stored in another file, at a path relative to the model's folder. Nothing is validated or written, so that tests can
    /// create models that refer outside their folder or past the end of a file.
    /// </summary>
    public static Constant External(TensorType type, string location, long offset, long length, params ReadOnlySpan<long> shape)
    {
        var message = Start(type, shape);
        ExternalData.Point(message, location, offset, length);
        return new Constant(message);
    }

    private static TensorProto Start(TensorType type, ReadOnlySpan<long> shape)
    {
        var message = new TensorProto { DataType = (int)type };
        foreach (var dimension in shape)
        {
            message.Dims.Add(dimension);
        }

        return message;
    }

    private static void CheckCount(long count, ReadOnlySpan<long> shape)
    {
        var expected = 1L;
        foreach (var dimension in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(shape));
            expected = checked(expected * dimension);
        }

        if (count != expected)
        {
            throw new ArgumentException($"{count} values do not match the shape [{string.Join(',', shape.ToArray())}] of {expected}.");
        }
    }

    private static TensorType TypeOf<T>() => default(T) switch
    {
        float => TensorType.Float,
        double => TensorType.Double,
        Half => TensorType.Float16,
        bool => TensorType.Bool,
        byte => TensorType.UInt8,
        sbyte => TensorType.Int8,
        ushort => TensorType.UInt16,
        short => TensorType.Int16,
        uint => TensorType.UInt32,
        int => TensorType.Int32,
        ulong => TensorType.UInt64,
        long => TensorType.Int64,
        _ => throw new ArgumentException($"ONNX has no element type for {typeof(T)}."),
    };

    private static int SizeOf(TensorType type) => type switch
    {
        TensorType.Bool or TensorType.UInt8 or TensorType.Int8 => sizeof(byte),
        TensorType.UInt16 or TensorType.Int16 or TensorType.Float16 or TensorType.BFloat16 => sizeof(short),
        TensorType.UInt32 or TensorType.Int32 or TensorType.Float => sizeof(int),
        TensorType.UInt64 or TensorType.Int64 or TensorType.Double => sizeof(long),
        _ => throw new ArgumentException($"Elements of type {type} have no fixed size.", nameof(type)),
    };
}
