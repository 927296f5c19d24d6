using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Member;

/// <summary>
/// Has the engine's connections read and written by <see cref="SocketPipeReader"/> and <see cref="SocketPipeWriter"/>. Its own
/// sockets read 4 KiB at a time and pass each piece to another thread: a tensor of 600 KB takes some 300 calls of the system and as
/// many wake-ups there, and is copied once more on its way out. Protocol, connections and their ends remain the engine's.
/// </summary>
internal static class MemberTransport
{
    public static void Use(IServiceCollection services)
    {
        // The engine's keys are its own objects, found only by what they are registered for.
        foreach (var known in services.Where(static known => known.IsKeyedService).ToArray())
        {
            if (known.ServiceType == typeof(IConnectionListenerFactory))
            {
                services.AddKeyedSingleton<IConnectionListenerFactory, SocketListenerFactory>(known.ServiceKey);
            }
            else if (known.ServiceType == typeof(IConnectionFactory))
            {
                services.AddKeyedSingleton<IConnectionFactory, SocketConnector>(known.ServiceKey);
            }
        }
    }
}
