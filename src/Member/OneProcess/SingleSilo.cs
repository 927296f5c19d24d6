using System.Net;
using Krewe.Member.Engine;
using Krewe.Member.Files;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;

namespace Krewe.Member.OneProcess;

/// <summary>Orleans settings for a single silo: membership in memory, state in files.</summary>
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
        silo.Configure<SiloConnectionOptions>(static connection => connection.ConfigureSiloInboundConnection(ClosedPort.Close));
        var folder = Path.GetFullPath(options.StateFolder);
        silo.Services.AddSingleton(_ => new StateOwner(folder));
        silo.Services.AddSingleton(services => new FileGrainStorage(
            folder, services.GetRequiredService<StateOwner>(), services.GetRequiredService<ILogger<FileGrainStorage>>()));
        silo.Services.AddKeyedSingleton<IGrainStorage>(
            MemberSilo.Name, static (services, _) => services.GetRequiredService<FileGrainStorage>());
    }

    // A random id, which a stray connection to the port cannot know.
    private static string NewId() => Guid.NewGuid().ToString("N");
}

/// <summary>
/// Closes every incoming connection at Orleans' port before a byte is read. Orleans always listens there, and would accept any process that
/// speaks its protocol as a member.
/// </summary>
internal static class ClosedPort
{
    public static void Close(IConnectionBuilder pipeline) => pipeline.Use(static _ => static connection =>
    {
        connection.Abort();
        return Task.CompletedTask;
    });
}
