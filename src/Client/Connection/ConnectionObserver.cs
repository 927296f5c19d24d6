using Krewe.Client.Watching;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Client.Connection;

/// <summary>Checks all calls under way when a connection to the cluster is lost, because they may be lost with it.</summary>
public sealed class ConnectionObserver(IServiceProvider services) : IClusterConnectionStatusObserver
{
    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways < previousNumberOfGateways)
        {
            CheckCalls(services);
        }
    }

    public void NotifyClusterConnectionLost() => CheckCalls(services);

    /// <summary>Checks every call under way after a lost connection.</summary>
    // Not injected: CallWatch itself needs the connection. It is gone once the provider is disposed.
    public static void CheckCalls(IServiceProvider services)
    {
        try
        {
            services.GetService<CallWatch>()?.CheckAll();
        }
        catch (ObjectDisposedException)
        {
        }
    }
}
