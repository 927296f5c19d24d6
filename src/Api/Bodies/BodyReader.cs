using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Api.Errors;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Api.Bodies;

/// <summary>Reads the body of a request into one piece of pooled memory, decompressing it on the way, within the limit.</summary>
internal static class BodyReader
{
    // Without it the platform takes compressed data that is cut short for complete.
    static BodyReader() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    /// <summary>
    /// Reads all of it. <paramref name="alignAt"/> is an offset into the body that will lie at an address divisible by
    /// <see cref="PooledBuffer.Alignment"/>: the binary part of a request begins there. Throws 413 beyond
    /// <see cref="ApiLimits.MaxBodyBytes"/>, 415 for an unknown encoding, and 400 for data that is not what its encoding says or that ends
    /// early.
    /// </summary>
    public static async ValueTask<RequestBody> ReadAsync(
        HttpRequest request, ApiLimits limits, int alignAt, CancellationToken cancellationToken)
    {
        var encoding = ContentEncodings.OfRequest(request.Headers.ContentEncoding);
        Announce(request, limits.MaxBodyBytes, encoding);
        using var buffer = new BodyBuffer(
            limits.MaxBodyBytes, -alignAt & (PooledBuffer.Alignment - 1), encoding == ContentEncoding.Identity ? request.ContentLength
                : null);
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
                : new HttpProblem(e.StatusCode, "the body could not be read to its announced end");
        }
        catch (ConnectionResetException e)
        {
            // The server may learn of this here before it cancels the request.
            throw new KreweException(KreweErrorCode.Cancelled, "the caller went away", e);
        }
        catch (IOException)
        {
            // What the server says of a chunk whose size overflows.
            throw new HttpProblem(StatusCodes.Status400BadRequest, "the body could not be read to its announced end");
        }

        return buffer.Detach();
    }

    /// <summary>Makes the server's own limit ours, and refuses what is announced to be larger.</summary>
    private static void Announce(HttpRequest request, long limit, ContentEncoding encoding)
    {
        if (request.ContentLength > limit)
        {
            throw BodyBuffer.TooLarge(limit);
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            // Of a body in pieces the server counts the frames as well; the buffer counts the bytes. What is compressed may shrink on the
            // way there.
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
            while (await stream.ReadAsync(buffer.Room(), cancellationToken) is > 0 and var count)
            {
                buffer.Advance(count);
            }
        }
        catch (InvalidDataException)
        {
            throw KreweException.InvalidInput(
                $"the body is no valid {encoding.Name()} data, which its Content-Encoding says it is (damaged or cut short)");
        }
    }

    /// <summary>Tells zlib's header (RFC 1950) from bare deflate, whose first two bytes cannot look like it but by a wild chance.</summary>
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
