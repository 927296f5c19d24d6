using System.Buffers.Binary;

namespace Krewe.Abstractions.Tensors;

/// <summary>
/// Walks the data of a <see cref="TensorType.Bytes"/> tensor: each element a 32-bit little-endian length, then that many bytes.
/// The data must have passed <see cref="TryCount"/>.
/// </summary>
public ref struct BytesElements(ReadOnlySpan<byte> data)
{
    /// <summary>Bytes of the length in front of each element.</summary>
    public const int PrefixSize = sizeof(uint);

    private ReadOnlySpan<byte> rest = data;

    /// <summary>The element that the last <see cref="MoveNext"/> came to.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>Goes to the next element; false at the end.</summary>
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

    /// <summary>Lets <c>foreach</c> walk the elements.</summary>
    public readonly BytesElements GetEnumerator() => this;

    /// <summary>Counts the elements; false where a length points past the end of the data.</summary>
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
