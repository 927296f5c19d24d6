using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Krewe.KestrelTransport;

/// <summary>Kestrel's connections for the side that connects.</summary>
internal sealed class KestrelConnector(ILogger<KestrelConnector> logger) : IConnectionFactory, IDisposable
{
    private readonly SocketConnectionContextFactory connections = new(new SocketConnectionFactoryOptions(), logger);

    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
            return connections.Create(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => connections.Dispose();
}
