using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Memory;
using Krewe.Api.Errors;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Api.Bodies;

/// <summary>Reads and decompresses a request body into contiguous pooled memory, within the limit.</summary>
internal static class BodyReader
{
    /// <summary>A body up to this size is not counted while it is parsed.</summary>
    private const int SmallBody = CallMemory.Uncounted;

    // By default, the platform accepts truncated compressed data as complete.
    static BodyReader() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    /// <summary>
    /// Finds a small body that has arrived whole and in one piece, which most have, where the server received it. Call
    /// <see cref="PipeReader.AdvanceTo(SequencePosition)"/> when done.
    /// </summary>
    public static bool TryRead(HttpRequest request, out ReadOnlySequence<byte> body)
    {
        body = default;
        if (request.ContentLength is not (> 0 and <= SmallBody) || request.Headers.ContentEncoding.Count > 0
            || !request.BodyReader.TryRead(out var read))
        {
            return false;
        }

        var isWhole = read.Buffer.IsSingleSegment && read.Buffer.Length == request.ContentLength;
        if (isWhole)
        {
            body = read.Buffer;
        }
        else
        {
            request.BodyReader.AdvanceTo(read.Buffer.Start);
        }

        return isWhole;
    }

    /// <summary>
    /// Reads the whole body. <paramref name="alignAt"/> is the offset of the binary part, which will be aligned to
    /// <see cref="PooledBuffer.Alignment"/>. Throws 413 beyond <see cref="ApiLimits.MaxBodyBytes"/>, 415 for an unknown encoding, and 400
    /// for truncated data or data that does not match its encoding.
    /// </summary>
    public static async ValueTask<RequestBody> ReadAsync(
        HttpRequest request, ApiLimits limits, int alignAt, CancellationToken cancellationToken)
    {
        var encoding = ContentEncodings.OfRequest(request.Headers.ContentEncoding);
        Announce(request, limits.MaxBodyBytes, encoding);
        using var buffer = new BodyBuffer(
            limits.MaxBodyBytes, -alignAt & (PooledBuffer.Alignment - 1), encoding == ContentEncoding.Identity ? request.ContentLength
                : null, request.HttpContext);
        try
        {
            if (encoding == ContentEncoding.Identity)
            {
                await CopyAsync(request.BodyReader, buffer, cancellationToken);
            }
            else
            {
                await DecompressAsync(request.BodyReader, encoding, buffer, cancellationToken);
            }
        }
        catch (BadHttpRequestException e)
        {
            throw e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? BodyBuffer.TooLarge(limits.MaxBodyBytes)
                : new HttpProblem(e.StatusCode, "the body could not be read completely");
        }
        catch (ConnectionResetException e)
        {
            // The server may report the disconnect here before it cancels the request.
            throw new KreweException(KreweErrorCode.Cancelled, "the caller disconnected", e);
        }
        catch (IOException)
        {
            // Thrown by the server for a chunk size that overflows.
            throw new HttpProblem(StatusCodes.Status400BadRequest, "the body could not be read completely");
        }

        return buffer.Detach();
    }

    /// <summary>Sets the server's own limit, and rejects a body that is announced to be larger.</summary>
    private static void Announce(HttpRequest request, long limit, ContentEncoding encoding)
    {
        if (request.ContentLength > limit)
        {
            throw BodyBuffer.TooLarge(limit);
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            // For a chunked body the server also counts the framing, while the buffer counts only the bytes. A compressed body may shrink
            // on the way, so it keeps the server's limit.
            var isInPieces = request.Headers.TransferEncoding.Count > 0 && encoding == ContentEncoding.Identity;
            feature.MaxRequestBodySize = isInPieces ? null : limit;
        }
    }

    private static async ValueTask CopyAsync(PipeReader reader, BodyBuffer buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            try
            {
                foreach (var segment in read.Buffer)
                {
                    buffer.Append(segment.Span);
                }
            }
            finally
            {
                reader.AdvanceTo(read.Buffer.End);
            }

            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private static async ValueTask DecompressAsync(
        PipeReader reader, ContentEncoding encoding, BodyBuffer buffer, CancellationToken cancellationToken)
    {
        var isZlib = encoding == ContentEncoding.Deflate && await StartsWithZlibHeaderAsync(reader, cancellationToken);
        var compressed = reader.AsStream(leaveOpen: true);
        await using Stream stream = encoding == ContentEncoding.Gzip ? new GZipStream(compressed, CompressionMode.Decompress)
            : isZlib ? new ZLibStream(compressed, CompressionMode.Decompress)
            : new DeflateStream(compressed, CompressionMode.Decompress);
        try
        {
            while (await stream.ReadAsync(buffer.Space(), cancellationToken) is > 0 and var count)
            {
                buffer.Advance(count);
            }
        }
        catch (InvalidDataException)
        {
            throw KreweException.InvalidInput(
                $"the body is not valid {encoding.Name()} data as its Content-Encoding says (damaged or truncated)");
        }
    }

    /// <summary>Distinguishes zlib's header (RFC 1950) from raw deflate, which matches it only with negligible probability.</summary>
    private static async ValueTask<bool> StartsWithZlibHeaderAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        var read = await reader.ReadAtLeastAsync(2, cancellationToken);
        var isZlib = IsZlibHeader(read.Buffer);
        reader.AdvanceTo(read.Buffer.Start);
        return isZlib;
    }

    private static bool IsZlibHeader(ReadOnlySequence<byte> start)
    {
        Span<byte> header = stackalloc byte[2];
        if (start.Length < header.Length)
        {
            return false;
        }

        start.Slice(0, header.Length).CopyTo(header);
        return (header[0] & 0x0F) == 8 && header[0] >> 4 <= 7 && ((header[0] << 8) | header[1]) % 31 == 0;
    }
}
