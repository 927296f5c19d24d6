using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Krewe.Api;

/// <summary>Elements of one size, written next to each other.</summary>
internal ref struct FixedSink<T, TElement>(Span<byte> destination) : IElementSink
    where T : unmanaged
    where TElement : struct, IJsonElement<T>
{
    private readonly Span<T> values = MemoryMarshal.Cast<byte, T>(destination);
    private int count;

    /// <inheritdoc/>
    public readonly long Count => count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead(ReadOnlySpan<byte> json, ref int position)
    {
        var read = TElement.TryRead(json, ref position, out values[count]);
        count += read ? 1 : 0;
        return read;
    }
}
