using System.Runtime.InteropServices;
using System.Text;

namespace Krewe.Abstractions.Tensors;

/// <summary>Reads tensors as .NET values.</summary>
public static class TensorElements
{
    /// <summary>
    /// The elements in place, row-major; do not use after the tensor's owner (a response) is disposed. Throws
    /// <see cref="InvalidOperationException"/> if the tensor has another element type.
    /// </summary>
    public static ReadOnlySpan<T> AsSpan<T>(this Tensor tensor)
        where T : unmanaged => tensor.Type == TypeOf<T>()
            ? MemoryMarshal.Cast<byte, T>(tensor.Data.Span)
            : throw new InvalidOperationException($"tensor '{tensor}' does not hold {typeof(T).Name}");

    /// <summary>The elements of a string tensor, row-major. Throws <see cref="InvalidOperationException"/> for any other type.</summary>
    public static string[] ToStrings(this Tensor tensor)
    {
        if (tensor.Type != TensorType.Bytes)
        {
            throw new InvalidOperationException($"tensor '{tensor}' does not hold strings");
        }

        var strings = new string[tensor.ElementCount];
        var next = 0;
        foreach (var element in new BytesElements(tensor.Data.Span))
        {
            strings[next++] = Encoding.UTF8.GetString(element);
        }

        return strings;
    }

    /// <summary>The element type of a .NET type; throws <see cref="ArgumentException"/> if there is none.</summary>
    internal static TensorType TypeOf<T>() =>
        typeof(T) == typeof(float) ? TensorType.Float32
        : typeof(T) == typeof(double) ? TensorType.Float64
        : typeof(T) == typeof(long) ? TensorType.Int64
        : typeof(T) == typeof(int) ? TensorType.Int32
        : typeof(T) == typeof(short) ? TensorType.Int16
        : typeof(T) == typeof(sbyte) ? TensorType.Int8
        : typeof(T) == typeof(ulong) ? TensorType.UInt64
        : typeof(T) == typeof(uint) ? TensorType.UInt32
        : typeof(T) == typeof(ushort) ? TensorType.UInt16
        : typeof(T) == typeof(byte) ? TensorType.UInt8
        : typeof(T) == typeof(bool) ? TensorType.Bool
        : typeof(T) == typeof(Half) ? TensorType.Float16
        : throw new ArgumentException($"no tensor holds {typeof(T).Name}");
}
