using Krewe.Api.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Krewe.Api.Server;

/// <summary>
/// A feature of connections with TLS until their handshake is over: they are silent, so that their place can go to others, and end when the
/// process stops, which waits for them otherwise.
/// </summary>
internal sealed partial class HandshakeWatch
{
    private readonly CancellationTokenRegistration stop;
    private bool isOver;

    private HandshakeWatch(ConnectionContext connection)
    {
        connection.Features.Get<AdmittedConnection>()?.SetSilent(true);
        stop = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested.UnsafeRegister(
            static connection => ((ConnectionContext)connection!).Abort(new ConnectionAbortedException("stopping during a TLS handshake")),
            connection) ?? default;
    }

    /// <summary>
    /// The handshakes that <paramref name="next"/> makes. Whatever a peer makes them fail with is no error of this process.
    /// </summary>
    public static ConnectionDelegate Around(ConnectionDelegate next, ILogger<HandshakeWatch> logger) => async connection =>
    {
        var watch = new HandshakeWatch(connection);
        connection.Features.Set(watch);
        try
        {
            await next(connection);
        }
        catch (Exception error) when (!watch.isOver)
        {
            // The server itself expects fewer kinds of failure: a hello that is not understood is not among them.
            LogFailed(logger, connection.ConnectionId, error);
        }
        finally
        {
            watch.End();
        }
    };

    /// <summary>The handshake is over.</summary>
    public void End()
    {
        isOver = true;
        stop.Unregister();
    }

    [LoggerMessage(EventId = 316, Level = LogLevel.Debug, Message = "The TLS handshake of connection {Connection} failed")]
    private static partial void LogFailed(ILogger logger, string connection, Exception error);
}
