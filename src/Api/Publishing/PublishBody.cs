using Krewe.Abstractions.Errors;
using Krewe.Api.Bodies;
using Krewe.Api.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Api.Publishing;

/// <summary>
/// Streams the body of a publish. A sender must keep up a minimum rate, and takes a permit of the <see cref="PublishLimiter"/> once all has arrived:
/// a slow one delays no other. Distinguishes errors of the connection from errors of the disk it is written to.
/// </summary>
internal sealed class PublishBody(Stream body, long maxBytes, PublishLimiter limiter, TimeProvider time) : Stream
{
    private const int LeastRate = 32 << 10;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MaxTime = TimeSpan.FromHours(6);
    private long count;
    private TimeSpan waited;
    private IDisposable? permit;

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
    public static PublishBody Of(HttpContext context, long maxBytes, PublishLimiter limiter, TimeProvider time)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            // Counted here: the server also counts the framing of a chunked body.
            feature.MaxRequestBodySize = null;
        }

        return new PublishBody(context.Request.Body, maxBytes, limiter, time);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await ReceiveAsync(buffer, cancellationToken);
            count += read;
            if (read == 0 && !buffer.IsEmpty)
            {
                permit ??= await limiter.EnterAsync(cancellationToken);
            }

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

    /// <summary>Only the time in which the sender is waited for counts.</summary>
    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var allowed = Grace + TimeSpan.FromSeconds((double)count / LeastRate);
        using var late = new CancellationTokenSource(MaxOf(TimeSpan.Zero, (allowed < MaxTime ? allowed : MaxTime) - waited), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await body.ReadAsync(buffer, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpProblem(
                StatusCodes.Status408RequestTimeout,
                $"the body arrived too slowly: expected {LeastRate >> 10} KiB/s after {Grace.TotalSeconds:0} s, and all within "
                    + $"{MaxTime.TotalHours:0} hours");
        }
        finally
        {
            waited += time.GetElapsedTime(start);
        }
    }

    private static TimeSpan MaxOf(TimeSpan one, TimeSpan other) => one > other ? one : other;

    protected override void Dispose(bool disposing)
    {
        permit?.Dispose();
        base.Dispose(disposing);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
