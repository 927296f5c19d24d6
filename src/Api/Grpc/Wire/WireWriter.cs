using System.Buffers;
using System.Text;
using Google.Protobuf;

namespace Krewe.Api.Grpc.Wire;

/// <summary>Writes protobuf fields into a buffer writer. <see cref="Complete"/> commits the last of them.</summary>
internal ref struct WireWriter(IBufferWriter<byte> output)
{
    private const int MaxVarintBytes = 10;
    private Span<byte> space;
    private int used;

    /// <summary>The size of a field of so many bytes, for a field number below 16.</summary>
    public static long SizeOf(long length) => 1 + CodedOutputStream.ComputeUInt64Size((ulong)length) + length;

    /// <summary>The size of a string field; empty strings are left out.</summary>
    public static long SizeOf(string text) => text.Length == 0 ? 0 : SizeOf(Encoding.UTF8.GetByteCount(text));

    /// <summary>Writes the beginning of a field of bytes; they are to follow.</summary>
    public void Begin(int field, long length)
    {
        Tag(field, WireType.Bytes);
        Write((ulong)length);
    }

    /// <summary>Writes a string field.</summary>
    public void Write(int field, string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        var length = Encoding.UTF8.GetByteCount(text);
        Begin(field, length);
        Ensure(length);
        used += Encoding.UTF8.GetBytes(text, space[used..]);
    }

    /// <summary>Writes a field's number and type.</summary>
    public void Tag(int field, WireType type) => Write(((uint)field << 3) | (uint)type);

    /// <summary>Writes an integer.</summary>
    public void Write(ulong value)
    {
        Ensure(MaxVarintBytes);
        for (; value >= 0x80; value >>= 7)
        {
            space[used++] = (byte)(value | 0x80);
        }

        space[used++] = (byte)value;
    }

    /// <summary>Writes bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Ensure(1);
            var part = bytes[..Math.Min(bytes.Length, space.Length - used)];
            part.CopyTo(space[used..]);
            used += part.Length;
            bytes = bytes[part.Length..];
        }
    }

    /// <summary>Commits what was written.</summary>
    public void Complete()
    {
        output.Advance(used);
        space = default;
        used = 0;
    }

    private void Ensure(int count)
    {
        if (space.Length - used < count)
        {
            Complete();
            space = output.GetSpan(count);
        }
    }
}
