using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.KestrelTransport;

/// <summary>
/// Puts Kestrel's socket transport in place of the engine's. The engine has no public way to do so: its keys are private objects,
/// found here by what is registered under them.
/// </summary>
internal static class EngineSockets
{
    public static void Replace(IServiceCollection services)
    {
        foreach (var known in services.Where(static known => known.IsKeyedService).ToArray())
        {
            if (known.ServiceType == typeof(IConnectionListenerFactory))
            {
                services.AddKeyedSingleton<IConnectionListenerFactory, SocketTransportFactory>(known.ServiceKey);
            }
            else if (known.ServiceType == typeof(IConnectionFactory))
            {
                services.AddKeyedSingleton<IConnectionFactory, KestrelConnector>(known.ServiceKey);
            }
        }
    }
}
