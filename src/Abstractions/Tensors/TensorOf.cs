using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Tensors;

/// <summary>
/// Creates tensors from .NET values. The values are copied. A shape that does not match their number throws <see cref="KreweException"/>
/// with <see cref="KreweErrorCode.InvalidInput"/>.
/// </summary>
public static class TensorOf
{
    /// <summary>
    /// A tensor of numbers, row-major: <see cref="bool"/>, the integers, <see cref="Half"/>, <see cref="float"/> or <see cref="double"/>;
    /// any other type throws <see cref="ArgumentException"/>.
    /// </summary>
    public static Tensor Values<T>(string name, ImmutableArray<long> shape, params ReadOnlySpan<T> values)
        where T : unmanaged =>
        Tensor.Create(name, TensorElements.TypeOf<T>(), shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>A tensor of strings, row-major, as UTF-8.</summary>
    public static Tensor Strings(string name, ImmutableArray<long> shape, params ReadOnlySpan<string> values)
    {
        var size = 0;
        foreach (var value in values)
        {
            size += BytesElements.PrefixSize + Encoding.UTF8.GetByteCount(value);
        }

        var data = new byte[size];
        var rest = data.AsSpan();
        foreach (var value in values)
        {
            var length = Encoding.UTF8.GetBytes(value, rest[BytesElements.PrefixSize..]);
            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)length);
            rest = rest[(BytesElements.PrefixSize + length)..];
        }

        return Tensor.Create(name, TensorType.Bytes, shape, data);
    }
}
