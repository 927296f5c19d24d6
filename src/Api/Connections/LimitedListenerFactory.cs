using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Api.Connections;

/// <summary>
/// Refuses connections above the limits of a <see cref="ConnectionTable"/> as they are accepted, before the server knows of them. While the
/// process has no free descriptor it accepts none: the socket listener would try again without a pause.
/// </summary>
internal sealed class LimitedListenerFactory(IConnectionListenerFactory inner, ConnectionTable table, TimeProvider time)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    // ENFILE and EMFILE.
    private const int TooManyInSystem = 23;
    private const int TooManyInProcess = 24;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly ConnectionAbortedException Refusal = new("too many connections");

    public bool CanBind(EndPoint endpoint) => inner is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await inner.BindAsync(endpoint, cancellationToken), table, time);

    private static bool HasDescriptor()
    {
        try
        {
            File.OpenHandle("/dev/null").Dispose();
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.HResult is not (TooManyInSystem or TooManyInProcess);
        }
    }

    private sealed class Listener(IConnectionListener inner, ConnectionTable table, TimeProvider time) : IConnectionListener
    {
        private readonly CancellationTokenSource unbound = new();

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                while (!unbound.IsCancellationRequested && !HasDescriptor())
                {
                    await Task.Delay(Pause, time, unbound.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                var connection = await inner.AcceptAsync(cancellationToken);
                if (connection is null || table.TryAdmit(connection))
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
