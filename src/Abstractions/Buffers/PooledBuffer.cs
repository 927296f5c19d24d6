using System.Buffers;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Memory;

namespace Krewe.Abstractions.Buffers;

/// <summary>
/// Pooled, pinned bytes for tensors, of exactly the requested length and not cleared. The start is aligned to <see cref="Alignment"/>:
/// native code reads the bytes in place, and some kernels sum in another order at other alignments, which changes the last bits of the
/// result. Large ones count for <see cref="CallMemory"/> before they are allocated. Disposing returns the bytes to the pool (repeated
/// calls do nothing); do not use <see cref="Memory"/> afterwards.
/// </summary>
public sealed class PooledBuffer : IMemoryOwner<byte>
{
    /// <summary>The alignment of ONNX Runtime's own tensors, and the width of the widest vector register: 64 bytes.</summary>
    public const int Alignment = 64;

    private readonly int length;
    private readonly MemoryReservation? reservation;
    private byte[]? array;

    private PooledBuffer(int length)
    {
        this.length = length;
        reservation = CallMemory.Shared.Reserve(PinnedArrayPool.SizeOf(length + Alignment));
        try
        {
            array = PinnedArrayPool.Shared.Rent(length + Alignment);
        }
        catch
        {
            reservation?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Memory<byte> Memory => MemoryMarshal.CreateFromPinnedArray(Array, Start(Array), length);

    /// <summary>The same bytes as <see cref="Memory"/>.</summary>
    public Span<byte> Span => Array.AsSpan(Start(Array), length);

    private byte[] Array => array ?? throw new ObjectDisposedException(nameof(PooledBuffer));

    /// <summary>
    /// Rents <paramref name="length"/> bytes; throws <see cref="Errors.KreweErrorCode.Overloaded"/> if calls hold too much memory.
    /// </summary>
    public static PooledBuffer Rent(int length) => new(length);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref array, null) is { } rented)
        {
            FreedMemory.Poison(rented.AsSpan(Start(rented), length));
            PinnedArrayPool.Shared.Return(rented);
            reservation?.Dispose();
        }
    }

    private static int Start(byte[] pinned) => (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0) & (Alignment - 1));
}
