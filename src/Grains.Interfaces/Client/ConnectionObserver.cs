using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Grains.Interfaces;

/// <summary>
/// Hears when a connection into the cluster breaks. What went through it may be lost, so every call under way is asked after at once.
/// </summary>
internal sealed class ConnectionObserver(IServiceProvider services) : IClusterConnectionStatusObserver
{
    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways < previousNumberOfGateways)
        {
            LookAtAll();
        }
    }

    public void NotifyClusterConnectionLost() => LookAtAll();

    // Not in the constructor: the watch is part of what is built on the connection. When all is being taken down there is none left.
    private void LookAtAll()
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
