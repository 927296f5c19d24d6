using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Member;

/// <summary>
/// A connection whose two directions are a <see cref="SocketPipeReader"/> and a <see cref="SocketPipeWriter"/> on one socket. That
/// the other side has ended it is seen by reading, which whoever uses the connection does all the time.
/// </summary>
internal sealed class SocketConnection : ConnectionContext, IDuplexPipe
{
    private readonly Socket socket;
    private readonly CancellationTokenSource noMoreReads = new();
    private readonly CancellationTokenSource noMoreWrites = new();
    private readonly CancellationTokenSource closed = new();
    private int isClosed;

    public SocketConnection(Socket socket)
    {
        this.socket = socket;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        Input = new SocketPipeReader(socket, noMoreReads, Close);
        Output = new SocketPipeWriter(socket, noMoreWrites, Close);
        Transport = this;
        ConnectionClosed = closed.Token;
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public override IDuplexPipe Transport { get; set; }

    public override string ConnectionId { get; set; } = Guid.NewGuid().ToString("N");

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new ConnectionItems();

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    /// <summary>Fires on a thread of the pool once the connection has ended, by either side.</summary>
    public override CancellationToken ConnectionClosed { get; set; }

    public override void Abort(ConnectionAbortedException abortReason) => Close();

    public override ValueTask DisposeAsync()
    {
        Close();
        return base.DisposeAsync();
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref isClosed, 1) != 0)
        {
            return;
        }

        try
        {
            // The other side shall learn of it even where a call on the socket is under way and keeps it open.
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // It has ended already.
        }

        socket.Dispose();
        _ = closed.CancelAsync();
    }
}
