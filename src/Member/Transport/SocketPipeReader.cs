using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Krewe.Abstractions;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Member;

/// <summary>
/// Reads a socket when it is asked to, as much as there is at once, on the thread that asks. Holds no memory while it waits for the
/// beginning of a message.
/// </summary>
/// <param name="socket">What is read.</param>
/// <param name="interruption">Ends the reading of this, for good.</param>
/// <param name="ended">Is called when the other side has ended the connection.</param>
internal sealed class SocketPipeReader(Socket socket, CancellationTokenSource interruption, Action ended) : PipeReader
{
    private const int BlockBytes = (1 << 20) - PooledBuffer.Alignment;

    // Below this a call of the system would bring too little.
    private const int LeastFree = 64 << 10;
    private SocketBlock? first;
    private SocketBlock? last;
    private int start;
    private bool hasUnexamined;
    private bool isEnded;

    /// <summary>Throws <see cref="ConnectionResetException"/> or <see cref="ConnectionAbortedException"/> for a connection that broke.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (TryRead(out var known))
        {
            return known;
        }

        try
        {
            await ReceiveAsync(cancellationToken);
            return Result();
        }
        catch (OperationCanceledException) when (interruption.IsCancellationRequested)
        {
            return Result();
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            ended();
            throw SocketFault.Of(error);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        result = Result();
        return hasUnexamined || result.IsCanceled || isEnded;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (first is null)
        {
            return;
        }

        hasUnexamined = examined.GetObject() != last || examined.GetInteger() < last!.Length;
        while (first != consumed.GetObject())
        {
            first!.Return();
            first = first.Next;
        }

        start = consumed.GetInteger();
        if (first == last && start == last!.Length)
        {
            Release();
        }
    }

    public override void CancelPendingRead() => interruption.Cancel();

    public override void Complete(Exception? exception = null) => Release();

    private async ValueTask ReceiveAsync(CancellationToken cancellationToken)
    {
        using var both = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, interruption.Token) : null;
        var token = both?.Token ?? interruption.Token;
        if (last is null)
        {
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, token);
            (first, start) = (last = new SocketBlock(BlockBytes, null), 0);
        }
        else if (last.Free.Length < LeastFree)
        {
            last = new SocketBlock(BlockBytes, last);
        }

        var count = await socket.ReceiveAsync(last.Free, SocketFlags.None, token);
        last.Advance(count);
        hasUnexamined = count > 0;
        if (count == 0)
        {
            isEnded = true;
            ended();
        }
    }

    private ReadResult Result() => new(
        first is null ? default : new ReadOnlySequence<byte>(first, start, last!, last!.Length), interruption.IsCancellationRequested, isEnded);

    private void Release()
    {
        for (var block = first; block is not null; block = block.Next)
        {
            block.Return();
        }

        (first, last, start, hasUnexamined) = (null, null, 0, false);
    }
}
