using System.Net;
using Krewe.Abstractions.Processes;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Krewe.Api.Connections;

/// <summary>
/// Refuses connections above the limits of a <see cref="ConnectionTable"/> as they are accepted, before the server knows of them. While
/// descriptors are short it accepts none, and while new connections displace each other at most a thousand a second: a caller waits.
/// </summary>
internal sealed partial class LimitedListenerFactory(
    IConnectionListenerFactory inner, ConnectionTable table, TimeProvider time, ILogger<LimitedListenerFactory> logger)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RushPause = TimeSpan.FromMilliseconds(1);
    private static readonly ConnectionAbortedException Refusal = new("too many connections");

    private ConnectionTable Table => table;

    public bool CanBind(EndPoint endpoint) => inner is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await inner.BindAsync(endpoint, cancellationToken), this);

    private async Task WaitForDescriptorsAsync(EndPoint endpoint, CancellationToken unbound)
    {
        if (!DescriptorLimit.IsShort())
        {
            return;
        }

        LogShort(endpoint);
        do
        {
            await PauseAsync(Pause, unbound);
        }
        while (!unbound.IsCancellationRequested && DescriptorLimit.IsShort());
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken unbound) =>
        await Task.Delay(pause, time, unbound).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(EventId = 315, Level = LogLevel.Warning,
        Message = "New connections at {Endpoint} wait: file descriptors are short. Raise the limit of open files (ulimit -n)")]
    private partial void LogShort(EndPoint endpoint);

    private sealed class Listener(IConnectionListener inner, LimitedListenerFactory factory) : IConnectionListener
    {
        private readonly CancellationTokenSource unbound = new();

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                await factory.WaitForDescriptorsAsync(EndPoint, unbound.Token);
                var connection = await inner.AcceptAsync(cancellationToken);
                if (connection is null)
                {
                    return null;
                }

                var isAdmitted = factory.Table.TryAdmit(connection, out var isRushed);
                if (isRushed)
                {
                    await factory.PauseAsync(RushPause, unbound.Token);
                }

                if (isAdmitted)
                {
                    return connection;
                }

                connection.Abort(Refusal);
                await connection.DisposeAsync();
            }
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await unbound.CancelAsync();
            await inner.UnbindAsync(cancellationToken);
        }

        public ValueTask DisposeAsync()
        {
            unbound.Dispose();
            return inner.DisposeAsync();
        }
    }
}
