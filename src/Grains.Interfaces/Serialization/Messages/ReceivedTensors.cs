using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Tensors;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>
/// The tensors of a message while it is read: first their memory, then each tensor. Announced sizes are checked against the message, so
/// that none costs more memory than a small multiple of its length.
/// </summary>
internal struct ReceivedTensors
{
    private PooledBuffer? buffer;
    private Tensor[]? tensors;
    private int added;
    private int position;

    /// <summary>The tensors; complete once <see cref="Complete"/> has passed.</summary>
    public readonly Tensor[] Tensors => tensors ?? [];

    /// <summary>The memory, for the owner of a request.</summary>
    public readonly PooledBuffer? Buffer => buffer;

    /// <summary>The shared memory of a response's tensors; null for a request, which owns the memory as a whole.</summary>
    public ReceivedMemory? Owner { get; private set; }

    /// <summary>Rents the tensors' memory.</summary>
    public Span<byte> Rent(uint length)
    {
        Require(buffer is null && tensors is null && length <= Array.MaxLength - PooledBuffer.Alignment,
            "its data in one piece, before its tensors");
        buffer = PooledBuffer.Rent((int)length);
        return buffer.Span;
    }

    /// <summary>Allocates the array of tensors.</summary>
    /// <param name="count">The announced number.</param>
    /// <param name="remaining">The rest of the message in bytes; a tensor takes at least two.</param>
    /// <param name="shareMemory">Whether each tensor holds a reference to the memory.</param>
    public void Begin(long count, long remaining, bool shareMemory)
    {
        Require(tensors is null && count >= 0 && count <= remaining / 2, "the number of its tensors, once");
        tensors = new Tensor[count];
        Owner = shareMemory && count > 0 ? new ReceivedMemory(buffer, (int)count) : null;
    }

    /// <summary>Adds the next tensor; its data follows that of the one before, aligned.</summary>
    public void Add(in TensorHeader header)
    {
        Require(added < Tensors.Length, "no more tensors than it announces");
        tensors![added++] = header.ToTensor(Take(header.Length), Owner);
    }

    /// <summary>Checks that the message is complete, without excess data.</summary>
    public readonly void Complete() =>
        Require(added == Tensors.Length && position == (buffer?.Span.Length ?? 0), "as many tensors and as much data as it announces");

    private static void Require(bool holds, string expected)
    {
        if (!holds)
        {
            throw new InvalidDataException($"a message must have {expected}");
        }
    }

    private ReadOnlyMemory<byte> Take(long length)
    {
        if (length == 0)
        {
            return default;
        }

        var start = TensorLayout.Align(position);
        Require(buffer is not null && length > 0 && length <= buffer.Span.Length - start, "the data of its tensors");
        position = (int)(start + length);
        return buffer!.Memory.Slice((int)start, (int)length);
    }
}
