using System.Net;
using Krewe.Abstractions.Processes;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Krewe.Api.Connections;

/// <summary>
/// Refuses connections above the limits of a <see cref="ConnectionTable"/> as they are accepted, before the server knows of them. While
/// descriptors are short it accepts none: a caller waits.
/// </summary>
internal sealed partial class LimitedListenerFactory(
    IConnectionListenerFactory inner, ConnectionTable table, TimeProvider time, ILogger<LimitedListenerFactory> logger)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
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
            await Task.Delay(Pause, time, unbound).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (!unbound.IsCancellationRequested && DescriptorLimit.IsShort());
    }

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
                if (connection is null || factory.Table.TryAdmit(connection))
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
