using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Api.Bodies;

/// <summary>
/// Collects a body. The buffer starts small and grows fourfold with the received bytes, independent of the announced length. It holds
/// one byte more than the limit, to detect a longer body, and counts for the <see cref="BodyBudget"/> of the request's server.
/// </summary>
internal sealed class BodyBuffer(long limit, int offset, long? expected, HttpContext context) : IDisposable
{
    /// <summary>Bodies of known length up to this size are allocated at once.</summary>
    private const int FirstSize = 1 << 20;

    private const int FirstSizeUnknown = 16 << 10;

    private readonly long bound = Math.Min(expected ?? limit + 1, limit + 1);
    private PooledBuffer? buffer;
    private BodyBudget? budget;
    private long taken;

    /// <summary>Bytes collected.</summary>
    public int Length { get; private set; }

    /// <summary>Free space of at least one byte.</summary>
    public Memory<byte> Space()
    {
        if (buffer is null)
        {
            buffer = Rent(offset + (int)Math.Min(bound, expected is null ? FirstSizeUnknown : FirstSize));
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
        var body = buffer is null ? RequestBody.Empty : new RequestBody(buffer, offset, Length, budget, taken);
        (buffer, taken) = (null, 0);
        return body;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        buffer?.Dispose();
        budget?.Return(taken);
        taken = 0;
    }

    /// <summary>The error for a body beyond the limit, in bytes.</summary>
    public static KreweException TooLarge(long limit) =>
        KreweException.PayloadTooLarge(
            $"the body is larger than {ErrorText.Bytes(limit)}, the most that is accepted (counted after decompression)");

    private void Grow()
    {
        var (old, before) = (buffer!, taken);
        buffer = Rent(offset + (int)Math.Min(Length < bound ? bound : limit + 1, Length * 4L));
        old.Span.Slice(offset, Length).CopyTo(buffer.Span[offset..]);
        old.Dispose();
        budget?.Return(before);
        taken -= before;
    }

    private PooledBuffer Rent(int length)
    {
        if (length > BodyBudget.Uncounted + PooledBuffer.Alignment
            && (budget ??= context.RequestServices?.GetService<BodyBudget>()) is { } all)
        {
            all.Take(length);
            taken += length;
        }

        return PooledBuffer.Rent(length);
    }
}
