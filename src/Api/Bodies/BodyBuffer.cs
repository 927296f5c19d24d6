using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;

namespace Krewe.Api.Bodies;

/// <summary>
/// Collects a body. The buffer starts small and grows fourfold with the received bytes, independent of the announced length. It holds
/// one byte more than the limit, to detect a longer body.
/// </summary>
internal sealed class BodyBuffer(long limit, int offset, long? expected) : IDisposable
{
    /// <summary>Bodies of known length up to this size are allocated at once.</summary>
    private const int FirstSize = 1 << 20;

    private const int FirstSizeUnknown = 16 << 10;

    private readonly long bound = Math.Min(expected ?? limit + 1, limit + 1);
    private PooledBuffer? buffer;

    /// <summary>Bytes collected.</summary>
    public int Length { get; private set; }

    /// <summary>Free space of at least one byte.</summary>
    public Memory<byte> Space()
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

    /// <summary>Commits bytes written to <see cref="Space"/>; throws 413 beyond the limit.</summary>
    public void Advance(int count)
    {
        Length += count;
        if (Length > limit)
        {
            throw TooLarge(limit);
        }
    }

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var space = Space().Span;
            var part = bytes[..Math.Min(space.Length, bytes.Length)];
            part.CopyTo(space);
            Advance(part.Length);
            bytes = bytes[part.Length..];
        }
    }

    /// <summary>Transfers ownership of the bytes.</summary>
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
