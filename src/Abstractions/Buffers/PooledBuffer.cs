using System.Buffers;
using System.Runtime.InteropServices;

namespace Krewe.Abstractions.Buffers;

/// <summary>
/// Pooled bytes for tensors, exactly as long as asked for. They begin at an address divisible by <see cref="Alignment"/> and never
/// move: native code reads them where they lie, and gives the same last bits for the same numbers every time (some kernels sum in
/// another order where the address is another). Disposing gives them back, once however often it is called; nobody may hold
/// <see cref="Memory"/> after that. The content is not cleared.
/// </summary>
public sealed class PooledBuffer : IMemoryOwner<byte>
{
    /// <summary>What ONNX Runtime aligns its own tensors to, and the widest vector there is: 64 bytes.</summary>
    public const int Alignment = 64;

    private readonly int length;
    private byte[]? array;

    private PooledBuffer(int length)
    {
        this.length = length;
        array = PinnedArrayPool.Shared.Rent(length + Alignment);
    }

    /// <inheritdoc/>
    public Memory<byte> Memory => MemoryMarshal.CreateFromPinnedArray(Array, Start(Array), length);

    /// <summary>The same bytes as <see cref="Memory"/>.</summary>
    public Span<byte> Span => Array.AsSpan(Start(Array), length);

    private byte[] Array => array ?? throw new ObjectDisposedException(nameof(PooledBuffer));

    /// <summary>Rents <paramref name="length"/> bytes.</summary>
    public static PooledBuffer Rent(int length) => new(length);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref array, null) is { } rented)
        {
            FreedMemory.Poison(rented.AsSpan(Start(rented), length));
            PinnedArrayPool.Shared.Return(rented);
        }
    }

    private static int Start(byte[] pinned) => (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0) & (Alignment - 1));
}
