using System.Numerics;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.Grpc.Wire;

/// <summary>Writes an output as typed contents, from its own memory.</summary>
internal static class ContentsWriter
{
    /// <summary>The size of the contents of a tensor; an empty one has none.</summary>
    public static long SizeOf(Tensor tensor)
    {
        if (tensor.Type != TensorType.Bytes)
        {
            return tensor.ElementCount == 0 ? 0 : WireWriter.SizeOf(PackedSizeOf(tensor));
        }

        var size = 0L;
        foreach (var element in new BytesElements(tensor.Data.Span))
        {
            size += WireWriter.SizeOf(element.Length);
        }

        return size;
    }

    /// <summary>Writes the same.</summary>
    public static void Write(ref WireWriter writer, Tensor tensor)
    {
        var field = ContentsField.Of(tensor.Type);
        if (tensor.Type == TensorType.Bytes)
        {
            foreach (var element in new BytesElements(tensor.Data.Span))
            {
                writer.Begin(field, element.Length);
                writer.Write(element);
            }
        }
        else if (tensor.ElementCount > 0)
        {
            writer.Begin(field, PackedSizeOf(tensor));
            WritePacked(ref writer, tensor);
        }
    }

    private static long PackedSizeOf(Tensor tensor) => tensor.Type switch
    {
        TensorType.Int8 => SizeOf<sbyte>(tensor),
        TensorType.Int16 => SizeOf<short>(tensor),
        TensorType.Int32 => SizeOf<int>(tensor),
        TensorType.Int64 => SizeOf<long>(tensor),
        TensorType.UInt8 => SizeOf<byte>(tensor),
        TensorType.UInt16 => SizeOf<ushort>(tensor),
        TensorType.UInt32 => SizeOf<uint>(tensor),
        TensorType.UInt64 => SizeOf<ulong>(tensor),
        _ => tensor.Data.Length,
    };

    private static void WritePacked(ref WireWriter writer, Tensor tensor)
    {
        switch (tensor.Type)
        {
            case TensorType.Int8: Write<sbyte>(ref writer, tensor); break;
            case TensorType.Int16: Write<short>(ref writer, tensor); break;
            case TensorType.Int32: Write<int>(ref writer, tensor); break;
            case TensorType.Int64: Write<long>(ref writer, tensor); break;
            case TensorType.UInt8: Write<byte>(ref writer, tensor); break;
            case TensorType.UInt16: Write<ushort>(ref writer, tensor); break;
            case TensorType.UInt32: Write<uint>(ref writer, tensor); break;
            case TensorType.UInt64: Write<ulong>(ref writer, tensor); break;
            default: writer.Write(tensor.Data.Span); break;
        }
    }

    private static long SizeOf<T>(Tensor tensor)
        where T : unmanaged, IBinaryInteger<T>
    {
        var size = 0L;
        foreach (var value in MemoryMarshal.Cast<byte, T>(tensor.Data.Span))
        {
            size += CodedOutputStream.ComputeInt64Size(long.CreateTruncating(value));
        }

        return size;
    }

    private static void Write<T>(ref WireWriter writer, Tensor tensor)
        where T : unmanaged, IBinaryInteger<T>
    {
        foreach (var value in MemoryMarshal.Cast<byte, T>(tensor.Data.Span))
        {
            writer.Write((ulong)long.CreateTruncating(value));
        }
    }
}
