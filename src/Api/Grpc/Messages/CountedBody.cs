using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Memory;
using Krewe.Api.Errors;
using Krewe.Api.Grpc.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Api.Grpc.Messages;

/// <summary>
/// The body of a gRPC call. The library waits for a whole message, and the server buffers it meanwhile: what has arrived of a large one
/// counts for <see cref="CallMemory"/>.
/// </summary>
internal sealed class CountedBody(HttpContext context, PipeReader inner) : PipeReader, IRequestBodyPipeFeature
{
    /// <summary>What the server buffers at most without being asked to: HTTP/2's window of a connection.</summary>
    private const int Uncounted = 64 << 10;

    private ReadOnlySequence<byte> arrived;
    private MemoryReservation? reservation;
    private long counted;

    /// <inheritdoc/>
    public PipeReader Reader => this;

    /// <summary>Counts the body of this request if it is one of gRPC.</summary>
    public static void Watch(HttpContext context)
    {
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true)
        {
            context.Features.Set<IRequestBodyPipeFeature>(new CountedBody(context, context.Request.BodyReader));
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Count(await inner.ReadAsync(cancellationToken));

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        var isRead = inner.TryRead(out result);
        if (isRead)
        {
            Count(result);
        }

        return isRead;
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (counted > 0)
        {
            var left = arrived.Slice(consumed).Length;
            var freed = counted - (left > Uncounted ? Math.Min(left, counted) : 0);
            reservation!.Remove(freed);
            counted -= freed;
        }

        arrived = default;
        inner.AdvanceTo(consumed, examined);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private ReadResult Count(ReadResult read)
    {
        arrived = read.Buffer;
        var more = read.Buffer.Length - counted;
        if (read.Buffer.Length <= Uncounted || more <= 0)
        {
            return read;
        }

        try
        {
            if (reservation is null)
            {
                reservation = CallMemory.Shared.Reserve(more);
                context.Response.RegisterForDispose(reservation!);
            }
            else
            {
                reservation.Add(more);
            }

            counted += more;
            return read;
        }
        catch (KreweException error)
        {
            // The library answers this one as it is.
            inner.AdvanceTo(read.Buffer.End);
            var status = new Status(StatusCode.ResourceExhausted, error.Message);
            throw new RpcException(status, RetryTrailers.Of(status, ErrorAnswer.Of(error)));
        }
    }
}
