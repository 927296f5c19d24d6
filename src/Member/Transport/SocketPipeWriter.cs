using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Krewe.Abstractions;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Member;

/// <summary>
/// Sends what was written with one call of the system, on the thread that flushes, and is done when the system has taken all of it.
/// It gives out more memory than it is asked for: the engine writes a message of up to <see cref="LeastFree"/> bytes straight
/// into it then, and a longer one through memory of its own. Holds no memory between a flush and what is written next.
/// </summary>
/// <param name="socket">What is written to.</param>
/// <param name="interruption">Ends the sending of this, for good: part of a message may have been sent, so nothing can follow.</param>
/// <param name="ended">Is called when the connection is seen to have broken.</param>
internal sealed class SocketPipeWriter(Socket socket, CancellationTokenSource interruption, Action ended) : PipeWriter
{
    private const int BlockBytes = (2 << 20) - PooledBuffer.Alignment;
    private const int LeastFree = 1 << 20;
    private readonly List<SocketBlock> blocks = [];

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => blocks.Sum(static block => (long)block.Length);

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var least = Math.Max(sizeHint, LeastFree);
        if (blocks.Count == 0 || blocks[^1].Free.Length < least)
        {
            blocks.Add(new SocketBlock(Math.Max(least, BlockBytes), null));
        }

        return blocks[^1].Free;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes) => blocks[^1].Advance(bytes);

    /// <summary>Throws <see cref="ConnectionResetException"/> or <see cref="ConnectionAbortedException"/> for a connection that broke.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        using var both = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, interruption.Token) : null;
        try
        {
            foreach (var block in blocks)
            {
                for (var rest = block.Memory; rest.Length > 0;)
                {
                    rest = rest[await socket.SendAsync(rest, SocketFlags.None, both?.Token ?? interruption.Token)..];
                }
            }

            return default;
        }
        catch (OperationCanceledException) when (interruption.IsCancellationRequested)
        {
            return new FlushResult(isCanceled: true, isCompleted: false);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            ended();
            throw SocketFault.Of(error);
        }
        finally
        {
            Release();
        }
    }

    public override void CancelPendingFlush() => interruption.Cancel();

    public override void Complete(Exception? exception = null) => Release();

    private void Release()
    {
        blocks.ForEach(static block => block.Return());
        blocks.Clear();
    }
}
