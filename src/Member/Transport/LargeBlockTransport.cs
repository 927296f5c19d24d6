using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Krewe.Member;

/// <summary>
/// Lets the engine accept its connections through Kestrel's socket transport, the one that HTTP comes in by, rather than its own,
/// which reads 4 KiB at a time: a tensor of 600 KB takes some 300 calls of the system there. The blocks are those that the host
/// has set for Kestrel.
/// </summary>
internal static class LargeBlockTransport
{
    public static void Use(IServiceCollection services)
    {
        // The engine's keys are its own objects, found only by what they are registered for.
        foreach (var listener in services.Where(static known => known.IsKeyedService && known.ServiceType == typeof(IConnectionListenerFactory)).ToArray())
        {
            services.AddKeyedSingleton<IConnectionListenerFactory>(listener.ServiceKey, static (provider, _) => new SocketTransportFactory(
                provider.GetRequiredService<IOptions<SocketTransportOptions>>(), provider.GetRequiredService<ILoggerFactory>()));
        }
    }
}
