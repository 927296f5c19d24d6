using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Member;

/// <summary>Connects to other members.</summary>
internal sealed class SocketConnector : IConnectionFactory
{
    /// <summary>Throws <see cref="SocketException"/> where nobody listens.</summary>
    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = SocketSettings.Create(endpoint);
        try
        {
            SocketSettings.Apply(socket);
            socket.LingerState = new LingerOption(true, 0);
            await socket.ConnectAsync(endpoint, cancellationToken);
            return new SocketConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
