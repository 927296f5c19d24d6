using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;

namespace Krewe.Api.Bodies;

/// <summary>
/// Collects a body. Memory follows what has arrived and not what was announced: it starts small and grows fourfold, up to what
/// is expected. There is room for one byte more than the limit, so that a body of exactly that length can be told from a longer one.
/// </summary>
internal sealed class BodyBuffer(long limit, int offset, long? expected) : IDisposable
{
    /// <summary>Bodies up to here get their whole memory at once.</summary>
    private const int FirstSize = 1 << 20;

    private const int FirstSizeUnknown = 16 << 10;

    private readonly long bound = Math.Min(expected ?? limit + 1, limit + 1);
    private PooledBuffer? buffer;

    /// <summary>Bytes collected.</summary>
    public int Length { get; private set; }

    /// <summary>Room for at least one byte more.</summary>
    public Memory<byte> Room()
    {
        if (buffer is null)
        {
            buffer = PooledBuffer.Rent(offset + (int)Math.Min(bound, expected is null ? FirstSizeUnknown : FirstSize));
        }
        else if (offset + Length == buffer.Memory.Length)
        {
            Grow();
        }

        return buffer.Memory[(offset + Length)..];
    }

    /// <summary>Counts bytes written into <see cref="Room"/>; beyond the limit it throws 413.</summary>
    public void Advance(int count)
    {
        Length += count;
        if (Length > limit)
        {
            throw TooLarge(limit);
        }
    }

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = Room().Span;
            var part = bytes[..Math.Min(room.Length, bytes.Length)];
            part.CopyTo(room);
            Advance(part.Length);
            bytes = bytes[part.Length..];
        }
    }

    /// <summary>Hands the bytes over; nothing is left to dispose.</summary>
    public RequestBody Detach()
    {
        var body = buffer is null ? RequestBody.Empty : new RequestBody(buffer, offset, Length);
        buffer = null;
        return body;
    }

    /// <inheritdoc/>
    public void Dispose() => buffer?.Dispose();

    /// <summary>The error for a body beyond the limit, in bytes.</summary>
    public static KreweException TooLarge(long limit) =>
        KreweException.PayloadTooLarge(
            $"the body is larger than {ErrorText.Bytes(limit)}, the most that is accepted (counted after decompression)");

    private void Grow()
    {
        var grown = PooledBuffer.Rent(offset + (int)Math.Min(Length < bound ? bound : limit + 1, Length * 4L));
        buffer!.Memory.Span.Slice(offset, Length).CopyTo(grown.Span[offset..]);
        buffer.Dispose();
        buffer = grown;
    }
}
