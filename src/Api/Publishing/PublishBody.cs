using Krewe.Abstractions.Errors;
using Krewe.Api.Bodies;
using Krewe.Api.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Api.Publishing;

/// <summary>
/// Streams the body of a publish. Distinguishes errors of the connection from errors of the disk it is written to.
/// </summary>
internal sealed class PublishBody(Stream body, long maxBytes) : Stream
{
    private long count;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The body of a request, which may exceed the limit of other requests.</summary>
    public static PublishBody Of(HttpContext context, long maxBytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            // Counted here: the server also counts the framing of a chunked body.
            feature.MaxRequestBodySize = null;
        }

        return new PublishBody(context.Request.Body, maxBytes);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await body.ReadAsync(buffer, cancellationToken);
            count += read;
            return count <= maxBytes ? read : throw BodyBuffer.TooLarge(maxBytes);
        }
        catch (ConnectionResetException error)
        {
            // The server may report the disconnect here before it cancels the request.
            throw new KreweException(KreweErrorCode.Cancelled, "the caller disconnected", error);
        }
        catch (IOException error)
        {
            throw new HttpProblem(
                (error as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest,
                "the body could not be read completely");
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
