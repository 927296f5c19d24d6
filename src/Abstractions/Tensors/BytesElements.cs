using System.Buffers.Binary;

namespace Krewe.Abstractions.Tensors;

/// <summary>
/// Enumerates the data of a <see cref="TensorType.Bytes"/> tensor: per element a 32-bit little-endian length, then that many bytes. The
/// data must have passed <see cref="TryCount"/>.
/// </summary>
public ref struct BytesElements(ReadOnlySpan<byte> data)
{
    /// <summary>The size of the length prefix, in bytes.</summary>
    public const int PrefixSize = sizeof(uint);

    private ReadOnlySpan<byte> rest = data;

    /// <summary>The current element.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>Advances to the next element; false at the end.</summary>
    public bool MoveNext()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest);
        Current = rest.Slice(PrefixSize, length);
        rest = rest[(PrefixSize + length)..];
        return true;
    }

    /// <summary>Supports <c>foreach</c>.</summary>
    public readonly BytesElements GetEnumerator() => this;

    /// <summary>Counts the elements; false if a length points past the end of the data.</summary>
    public static bool TryCount(ReadOnlySpan<byte> data, out long count)
    {
        for (count = 0; !data.IsEmpty; count++)
        {
            if (data.Length < PrefixSize || BinaryPrimitives.ReadUInt32LittleEndian(data) > data.Length - PrefixSize)
            {
                return false;
            }

            data = data[(PrefixSize + (int)BinaryPrimitives.ReadUInt32LittleEndian(data))..];
        }

        return true;
    }
}
