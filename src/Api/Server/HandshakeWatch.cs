using Krewe.Api.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Krewe.Api.Server;

/// <summary>
/// A feature of connections with TLS until their handshake is over: they are silent, so that their place can go to others, and end when the
/// process stops, which waits for them otherwise.
/// </summary>
internal sealed class HandshakeWatch
{
    private readonly CancellationTokenRegistration stop;

    private HandshakeWatch(ConnectionContext connection)
    {
        connection.Features.Get<AdmittedConnection>()?.SetSilent(true);
        stop = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested.UnsafeRegister(
            static connection => ((ConnectionContext)connection!).Abort(new ConnectionAbortedException("stopping during a TLS handshake")),
            connection) ?? default;
    }

    /// <summary>The handshakes that <paramref name="next"/> makes.</summary>
    public static ConnectionDelegate Around(ConnectionDelegate next) => async connection =>
    {
        var watch = new HandshakeWatch(connection);
        connection.Features.Set(watch);
        try
        {
            await next(connection);
        }
        finally
        {
            watch.End();
        }
    };

    /// <summary>The handshake is over.</summary>
    public void End() => stop.Unregister();
}
