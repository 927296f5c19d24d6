using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Member;

/// <summary>Listens for connections of other members or of clients.</summary>
internal sealed class SocketListenerFactory : IConnectionListenerFactory
{
    /// <summary>Throws <see cref="AddressInUseException"/> where another process listens.</summary>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(SocketListener.Bind(endpoint));
}
