using Krewe.Abstractions;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Api;

/// <summary>
/// The body of a publish, read as it comes. What goes wrong on the way to here is told apart from what goes wrong with the disk it is
/// written to.
/// </summary>
internal sealed class PublishBody(Stream body) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The body of a request, which may be larger than other requests' may.</summary>
    public static PublishBody Of(HttpContext context, long maxBytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            // Who reads it counts too, and has the better words; the server's limit is one beyond.
            feature.MaxRequestBodySize = maxBytes == long.MaxValue ? null : maxBytes + 1;
        }

        return new PublishBody(context.Request.Body);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (ConnectionResetException error)
        {
            // The server may learn of this here before it cancels the request.
            throw new KreweException(KreweErrorCode.Cancelled, "the caller went away", error);
        }
        catch (IOException error) when (error is not BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge })
        {
            throw new HttpProblem(
                (error as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest, "the body could not be read to its announced end");
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
