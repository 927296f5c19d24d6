using System.Threading.Channels;
using Grpc.Core;
using Krewe.Abstractions.Memory;
using Krewe.Api.Grpc.Messages;

namespace Krewe.Api.Grpc.Streams;

/// <summary>
/// Answers the requests of one stream in their order. Up to <see cref="MaxUnderWay"/> are under way at once; past that the stream is read
/// no further, so that the client's window fills. A reply that throws ends the stream.
/// </summary>
internal sealed class OrderedReplies(IServerStreamWriter<InferReply> replies)
{
    private const int MaxUnderWay = 32;
    private readonly Channel<Task<InferReply>> underWay = Channel.CreateBounded<Task<InferReply>>(
        new BoundedChannelOptions(MaxUnderWay) { SingleReader = true, SingleWriter = true });

    /// <summary>
    /// Reads until the stream ends or the server stops, and completes when all that was read is answered: true if the stream has ended.
    /// <paramref name="answer"/> is cancelled when the stream cannot go on.
    /// </summary>
    public async Task<bool> RunAsync(
        IAsyncStreamReader<InferMessage> requests, Func<InferMessage, CancellationToken, Task<InferReply>> answer, CancellationToken stop,
        CancellationToken caller)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(caller);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(end.Token, stop);
        var writing = WriteAsync(end);
        var hasEnded = false;
        try
        {
            while (await requests.MoveNext(reading.Token))
            {
                await AddAsync(answer(requests.Current, end.Token), end.Token);
            }

            hasEnded = true;
        }
        catch (OperationCanceledException) when (reading.IsCancellationRequested)
        {
            // Writing says why, if it was not the stop.
        }
        finally
        {
            underWay.Writer.Complete();
            await writing;
        }

        caller.ThrowIfCancellationRequested();
        return hasEnded;
    }

    private async ValueTask AddAsync(Task<InferReply> reply, CancellationToken cancellationToken)
    {
        try
        {
            await underWay.Writer.WriteAsync(reply, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await FreeAsync(reply);
            throw;
        }
    }

    private async Task WriteAsync(CancellationTokenSource end)
    {
        try
        {
            await foreach (var next in underWay.Reader.ReadAllAsync(CancellationToken.None))
            {
                using var reply = await next;
                using var sent = CallMemory.Shared.Reserve(reply.Size);
                await replies.WriteAsync(reply, CancellationToken.None);
            }
        }
        catch
        {
            await end.CancelAsync();
            await foreach (var next in underWay.Reader.ReadAllAsync(CancellationToken.None))
            {
                await FreeAsync(next);
            }

            throw;
        }
    }

    private static async Task FreeAsync(Task<InferReply> reply)
    {
        try
        {
            (await reply).Dispose();
        }
        catch (RpcException)
        {
            // The stream has ended by another.
        }
    }
}
