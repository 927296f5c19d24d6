using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Member;

/// <summary>Accepts connections on one endpoint.</summary>
internal sealed class SocketListener : IConnectionListener
{
    private const int Backlog = 512;
    private readonly Socket socket;

    private SocketListener(Socket socket) => this.socket = socket;

    public EndPoint EndPoint => socket.LocalEndPoint!;

    public static SocketListener Bind(EndPoint endpoint)
    {
        var socket = SocketSettings.Create(endpoint);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (endpoint is IPEndPoint { Address: var address } && address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return new SocketListener(socket);
        }
        catch (Exception error)
        {
            socket.Dispose();
            throw error is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } ? new AddressInUseException(error.Message, error) : error;
        }
    }

    /// <summary>The next connection, null once this listens no more.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var accepted = await socket.AcceptAsync(cancellationToken);
                SocketSettings.Apply(accepted);
                return new SocketConnection(accepted);
            }
            catch (Exception error) when (error is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return null;
            }
            catch (SocketException)
            {
                // Whoever connected is gone already.
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        socket.Dispose();
        return default;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
