using System.Numerics;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Tensors;

namespace Krewe.Rollouts.Comparing;

/// <summary>Reads numbers of any element type as doubles, in blocks. 64-bit integers are rounded.</summary>
internal static class TensorNumbers
{
    public static bool IsFloat(this TensorType type) =>
        type is TensorType.Float16 or TensorType.BFloat16 or TensorType.Float32 or TensorType.Float64;

    public static bool IsInteger(this TensorType type) => type is >= TensorType.UInt8 and <= TensorType.Int64;

    /// <summary>Fills a block with the elements from <paramref name="start"/>, row-major; the tensor must hold that many.</summary>
    public static void Read(Tensor tensor, int start, Span<double> block)
    {
        var size = tensor.Type.ElementSize();
        var data = tensor.Data.Span.Slice(start * size, block.Length * size);
        switch (tensor.Type)
        {
            case TensorType.UInt8: Widen<byte>(data, block); break;
            case TensorType.UInt16: Widen<ushort>(data, block); break;
            case TensorType.UInt32: Widen<uint>(data, block); break;
            case TensorType.UInt64: Widen<ulong>(data, block); break;
            case TensorType.Int8: Widen<sbyte>(data, block); break;
            case TensorType.Int16: Widen<short>(data, block); break;
            case TensorType.Int32: Widen<int>(data, block); break;
            case TensorType.Int64: Widen<long>(data, block); break;
            case TensorType.Float16: Widen<Half>(data, block); break;
            case TensorType.BFloat16: WidenUpperHalves(data, block); break;
            case TensorType.Float32: Widen<float>(data, block); break;
            case TensorType.Float64: Widen<double>(data, block); break;
            default: throw new ArgumentOutOfRangeException(nameof(tensor), tensor.Type, "holds no numbers");
        }
    }

    private static void Widen<T>(ReadOnlySpan<byte> data, Span<double> block)
        where T : unmanaged, INumberBase<T>
    {
        var values = MemoryMarshal.Cast<byte, T>(data);
        for (var i = 0; i < block.Length; i++)
        {
            block[i] = double.CreateTruncating(values[i]);
        }
    }

    private static void WidenUpperHalves(ReadOnlySpan<byte> data, Span<double> block)
    {
        var values = MemoryMarshal.Cast<byte, ushort>(data);
        for (var i = 0; i < block.Length; i++)
        {
            block[i] = BitConverter.UInt32BitsToSingle((uint)values[i] << 16);
        }
    }
}
