using Krewe.Abstractions.Buffers;

namespace Krewe.Api.Bodies;

/// <summary>
/// The whole body of a request, decompressed, in one piece. Disposing gives its memory back; whoever keeps slices of it keeps
/// this too.
/// </summary>
internal sealed class RequestBody(PooledBuffer? buffer, int offset, int length) : IDisposable
{
    /// <summary>A body without bytes.</summary>
    public static RequestBody Empty { get; } = new(null, 0, 0);

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Memory => buffer is null ? default : buffer.Memory.Slice(offset, length);

    /// <inheritdoc/>
    public void Dispose() => buffer?.Dispose();
}
