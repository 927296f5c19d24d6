using System.Buffers;
using Krewe.Abstractions;

namespace Krewe.Member;

/// <summary>A piece of pooled memory, filled from its beginning.</summary>
internal sealed class SocketBlock : ReadOnlySequenceSegment<byte>
{
    private readonly PooledBuffer buffer;

    /// <summary>Rents at least so many bytes; follows on <paramref name="previous"/>, if any.</summary>
    public SocketBlock(int length, SocketBlock? previous)
    {
        buffer = PooledBuffer.Rent(length);
        if (previous is not null)
        {
            RunningIndex = previous.RunningIndex + previous.Length;
            previous.Next = this;
        }
    }

    /// <summary>How many bytes are filled.</summary>
    public int Length { get; private set; }

    public Memory<byte> Free => buffer.Memory[Length..];

    public new SocketBlock? Next
    {
        get => (SocketBlock?)base.Next;
        private set => base.Next = value;
    }

    public void Advance(int count)
    {
        Length += count;
        Memory = buffer.Memory[..Length];
    }

    /// <summary>Gives the memory back: nobody may use it any more.</summary>
    public void Return() => buffer.Dispose();
}
