using Krewe.Api.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Api.Connections;

/// <summary>
/// Ends HTTP/2 connections at a maximum age, so that a long one does not pin its client to this process: GOAWAY at the age, with jitter, so
/// that connections that began together do not end together; streams are told when the grace after it is over, then it is aborted.
/// </summary>
internal sealed class ConnectionAge(ConnectionDelegate next, ApiLimits limits, TimeProvider time)
{
    private const double Jitter = 0.1;

    /// <summary>For the last answers of streams.</summary>
    private static readonly TimeSpan LastAnswers = TimeSpan.FromSeconds(5);

    /// <summary>For the client's close after GOAWAY.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        if (limits.MaxConnectionAge is not { } age)
        {
            await next(connection);
            return;
        }

        age *= 1 - Jitter + (2 * Jitter * Random.Shared.NextDouble());
        using var old = new CancellationTokenSource(age, time);
        using var told = new CancellationTokenSource(age + limits.ConnectionAgeGrace, time);
        using var ended = new CancellationTokenSource(age + limits.ConnectionAgeGrace + LastAnswers, time);
        connection.Features.Set(new AgedConnection(told.Token));
        await using var goAway = old.Token.UnsafeRegister(
            static lifetime => ((IConnectionLifetimeNotificationFeature)lifetime!).RequestClose(),
            connection.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>());
        await using var abort = ended.Token.UnsafeRegister(
            static connection => ((ConnectionContext)connection!).Abort(
                new ConnectionAbortedException("the connection has reached its maximum age, and its grace is over")),
            connection);
        var transport = new LingeringTransport(connection.Transport);
        connection.Transport = transport;
        await next(connection);
        if (old.IsCancellationRequested)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
            end.CancelAfter(Linger);
            await transport.LingerAsync(end.Token);
        }

        await transport.CloseAsync();
    }
}
