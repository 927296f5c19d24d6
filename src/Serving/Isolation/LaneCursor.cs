using System.Text;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.Isolation;

/// <summary>
/// Writes and reads one half of a lane: 64-bit numbers, texts, and tensors whose bytes are aligned as those of <see cref="PooledBuffer"/>.
/// Every read is validated, because a model may have corrupted its worker. Throws <see cref="InvalidDataException"/>.
/// </summary>
internal unsafe struct LaneCursor(byte* start, long size)
{
    private const int MaxRank = 64;

    public readonly byte* Start => start;

    /// <summary>The offset of the next byte.</summary>
    public long Position { get; private set; }

    public void Write(long value) => *(long*)Take(sizeof(long)) = value;

    public void Write(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Write(bytes.Length);
        bytes.CopyTo(new Span<byte>(Take(bytes.Length), bytes.Length));
    }

    public void Write(TensorType type, ReadOnlySpan<long> shape, ReadOnlySpan<byte> data)
    {
        Write((long)type);
        Write(shape.Length);
        foreach (var size in shape)
        {
            Write(size);
        }

        Write(data.Length);
        Align();
        data.CopyTo(new Span<byte>(Take(data.Length), data.Length));
    }

    public long ReadNumber() => *(long*)Take(sizeof(long));

    /// <summary>A count from 0 to <paramref name="max"/>.</summary>
    public int ReadCount(int max)
    {
        var count = ReadNumber();
        return count >= 0 && count <= max ? (int)count : throw new InvalidDataException($"a count is {count}: expected 0 to {max}");
    }

    public string ReadText()
    {
        var length = ReadCount(1 << 16);
        return Encoding.UTF8.GetString(Take(length), length);
    }

    /// <summary>A tensor, in place.</summary>
    public (TensorType Type, long[] Shape, nint Data, int Length) ReadTensor()
    {
        var type = (TensorType)ReadNumber();
        var shape = new long[ReadCount(MaxRank)];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = ReadNumber();
        }

        var length = ReadCount(int.MaxValue);
        Align();
        var data = Take(length);
        if (!Enum.IsDefined(type) || !TensorShape.TryCountElements(shape, out var count) || !Fits(
            type, count, new ReadOnlySpan<byte>(data, length)))
        {
            throw new InvalidDataException("a tensor's size does not fit its shape");
        }

        return (type, shape, (nint)data, length);
    }

    private static bool Fits(TensorType type, long count, ReadOnlySpan<byte> data)
    {
        if (type != TensorType.Bytes)
        {
            return data.Length % type.ElementSize() == 0 && data.Length / type.ElementSize() == count;
        }

        for (; count > 0 && data.Length >= BytesElements.PrefixSize; count--)
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(data);
            if (length > data.Length - BytesElements.PrefixSize)
            {
                return false;
            }

            data = data[(BytesElements.PrefixSize + (int)length)..];
        }

        return count == 0 && data.IsEmpty;
    }

    private void Align() => Position = (Position + PooledBuffer.Alignment - 1) & -PooledBuffer.Alignment;

    private byte* Take(long length)
    {
        if (length > size - Position)
        {
            throw new InvalidDataException("a message is larger than 2 GiB");
        }

        var at = start + Position;
        Position += length;
        return at;
    }
}
