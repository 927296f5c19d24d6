using System.IO.Pipelines;

namespace Krewe.Api.Connections;

/// <summary>
/// A transport that its user does not close. A socket closed with bytes unread resets its connection, and the client may lose what it has
/// not read: after GOAWAY, that its last requests were not processed and can be sent elsewhere.
/// </summary>
internal sealed class LingeringTransport(IDuplexPipe inner) : IDuplexPipe
{
    /// <inheritdoc/>
    public PipeReader Input { get; } = new OpenReader(inner.Input);

    /// <inheritdoc/>
    public PipeWriter Output { get; } = new OpenWriter(inner.Output);

    /// <summary>Passes over what still comes, until the client closes the connection.</summary>
    public async Task LingerAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (var read = default(ReadResult); !read.IsCompleted;)
            {
                read = await inner.Input.ReadAsync(cancellationToken);
                inner.Input.AdvanceTo(read.Buffer.End);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The client is gone, or takes too long.
        }
    }

    /// <summary>Closes it.</summary>
    public async ValueTask CloseAsync()
    {
        await inner.Input.CompleteAsync();
        await inner.Output.CompleteAsync();
    }

    private sealed class OpenReader(PipeReader inner) : PipeReader
    {
        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            inner.ReadAsync(cancellationToken);

        public override bool TryRead(out ReadResult result) => inner.TryRead(out result);

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null)
        {
        }
    }

    private sealed class OpenWriter(PipeWriter inner) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            inner.FlushAsync(cancellationToken);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null)
        {
        }
    }
}
