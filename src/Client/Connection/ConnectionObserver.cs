using Krewe.Client.Watching;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Client.Connection;

/// <summary>
/// Hears when a connection into the cluster breaks. What went through it may be lost, so every call under way is asked after at once.
/// </summary>
public sealed class ConnectionObserver(IServiceProvider services) : IClusterConnectionStatusObserver
{
    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways < previousNumberOfGateways)
        {
            AskAfterCalls(services);
        }
    }

    public void NotifyClusterConnectionLost() => AskAfterCalls(services);

    /// <summary>Asks after every call under way; a connection has broken.</summary>
    // Not in the constructor: the watch is part of what is built on the connection. When all is being taken down there is none left.
    public static void AskAfterCalls(IServiceProvider services)
    {
        try
        {
            services.GetService<CallWatch>()?.LookAtAll();
        }
        catch (ObjectDisposedException)
        {
        }
    }
}
