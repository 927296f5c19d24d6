using System.Net;
using Krewe.Member.Engine;
using Krewe.Member.Files;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;

namespace Krewe.Member.OneProcess;

/// <summary>The engine's settings for a silo that is a cluster by itself: membership in the process, state in files.</summary>
internal static class SingleSilo
{
    public static void Configure(ISiloBuilder silo, SingleSiloOptions options)
    {
        silo.UseLocalhostClustering(options.EnginePort, gatewayPort: 0, clusterId: NewId(), serviceId: MemberSilo.Name);
        silo.Configure<SiloOptions>(self => self.SiloName = options.SiloName);
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.SiloListeningEndpoint = new IPEndPoint(IPAddress.Loopback, options.EnginePort);
            endpoints.GatewayListeningEndpoint = null;
        });
        silo.Configure<SiloConnectionOptions>(static connection => connection.ConfigureSiloInboundConnection(ClosedDoor.Close));
        silo.Services.AddSingleton(_ => new StateOwner(options.StateFolder));
        silo.Services.AddSingleton(services => new FileGrainStorage(
            options.StateFolder, services.GetRequiredService<StateOwner>(), services.GetRequiredService<ILogger<FileGrainStorage>>()));
        silo.Services.AddKeyedSingleton<IGrainStorage>(
            MemberSilo.Name, static (services, _) => services.GetRequiredService<FileGrainStorage>());
    }

    // Who finds the port by chance knows no cluster of that name.
    private static string NewId() => Guid.NewGuid().ToString("N");
}

/// <summary>
/// Ends every connection that comes in at the engine's port before a byte of it is read. The engine always listens there, and would take
/// whoever knows its protocol for a member.
/// </summary>
internal static class ClosedDoor
{
    public static void Close(IConnectionBuilder pipeline) => pipeline.Use(static _ => static connection =>
    {
        connection.Abort();
        return Task.CompletedTask;
    });
}
