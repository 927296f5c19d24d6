using System.Buffers.Binary;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.Batching;

/// <summary>Slices tensor data along the first dimension.</summary>
internal static class RowSlices
{
    /// <summary>
    /// The length in bytes of the first <paramref name="rows"/> of <paramref name="totalRows"/> rows in <paramref name="data"/>.
    /// </summary>
    public static int LengthOf(TensorType type, ReadOnlySpan<byte> data, long[] shape, int rows, int totalRows)
    {
        if (type != TensorType.Bytes)
        {
            return totalRows == 0 ? 0 : (int)((long)data.Length / totalRows * rows);
        }

        TensorShape.TryCountElements(shape.AsSpan(1), out var elementsPerRow);
        var length = 0;
        for (var left = elementsPerRow * rows; left > 0; left--)
        {
            length += BytesElements.PrefixSize + BinaryPrimitives.ReadInt32LittleEndian(data[length..]);
        }

        return length;
    }

    /// <summary>The same shape with another first dimension.</summary>
    public static long[] WithRows(long[] shape, int rows)
    {
        long[] resized = [.. shape];
        resized[0] = rows;
        return resized;
    }
}
