using System.Net;
using Krewe.Client.PostgreSql;
using Krewe.Member.Database;
using Krewe.Member.Engine;
using Krewe.Member.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService;
using Orleans.Storage;

namespace Krewe.Member.Membership;

/// <summary>Orleans settings for a cluster member: membership and state in PostgreSQL.</summary>
internal static class ClusterSilo
{
    public static void Configure(ISiloBuilder silo, MemberOptions options)
    {
        ConfigureIdentity(silo, options);
        ConfigureMembership(silo);
        ConfigureConnections(silo);
        ConfigureStorage(silo);
    }

    private static void ConfigureIdentity(ISiloBuilder silo, MemberOptions options)
    {
        // Orleans has one name for membership and one for storage. Here clusters in one database share nothing.
        silo.Configure<ClusterOptions>(cluster => cluster.ClusterId = cluster.ServiceId = options.ClusterId);
        silo.Configure<SiloOptions>(self => self.SiloName = options.EffectiveSiloName);
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = options.AdvertisedAddress;
            endpoints.SiloPort = options.SiloPort;
            endpoints.SiloListeningEndpoint = new IPEndPoint(options.EffectiveListenAddress, options.SiloPort);
            endpoints.GatewayPort = options.ClientPort ?? 0;
            endpoints.GatewayListeningEndpoint = options.ClientPort is { } port ? new IPEndPoint(options.EffectiveListenAddress, port)
                : null;
        });
    }

    private static void ConfigureMembership(ISiloBuilder silo)
    {
        silo.UseAdoNetClustering(clustering => clustering.Configure<DatabaseConnections>((target, database) =>
        {
            target.Invariant = ClusterDatabase.Invariant;
            target.DataSource = database.Source;
        }));
        silo.Services.AddSingleton<AdoNetClusteringTable>();
        silo.Services.AddSingleton<IMembershipTable>(static services => new WitnessedMembershipTable(
            new SkewlessMembershipTable(services.GetRequiredService<AdoNetClusteringTable>(), services.GetRequiredService<DatabaseClock>()),
            new Lazy<PeerClient>(services.GetRequiredService<PeerClient>), services.GetRequiredService<ILocalSiloDetails>(),
            services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<WitnessedMembershipTable>>()));
        silo.Configure<ClusterMembershipOptions>(MemberTiming.Apply);
        silo.Services.AddSingleton<PeerClient>();
        silo.AddGrainService<PeerService>();
        silo.Services.AddSingleton<DeathWatch>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, FutureGenerations>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, JoinWatch>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, LeaveLimit>();
    }

    private static void ConfigureConnections(ISiloBuilder silo)
    {
        silo.Configure<ConnectionOptions>(static connection =>
        {
            // A large tensor delays what is queued behind it on the same connection.
            connection.ConnectionsPerEndpoint = 4;
            connection.OpenConnectionTimeout = TimeSpan.FromSeconds(2);
            connection.ConnectionRetryDelay = TimeSpan.FromMilliseconds(200);
        });
        silo.Configure<SiloConnectionOptions>(static connection =>
        {
            connection.ConfigureSiloInboundConnection(InboundLimit.Apply);
            connection.ConfigureGatewayInboundConnection(InboundLimit.Apply);
            connection.ConfigureSiloOutboundConnection(static pipeline => ConnectionEnds.Watch(pipeline, opened: true));
            connection.ConfigureSiloInboundConnection(static pipeline => ConnectionEnds.Watch(pipeline, opened: false));
        });
    }

    /// <summary>
    /// State is stored in Orleans' binary format, as in messages: types have aliases and members have numbers, so both can be renamed and
    /// members added without breaking stored state or older nodes. The provider's default, Orleans' JSON, stores names of .NET types and
    /// properties.
    /// </summary>
    private static void ConfigureStorage(ISiloBuilder silo) =>
        silo.AddAdoNetGrainStorage(
            MemberSilo.Name, static storage => storage.Configure<DatabaseConnections, IServiceProvider>((target, database, services) =>
        {
            target.Invariant = ClusterDatabase.Invariant;
            target.DataSource = database.Source;
            target.DeleteStateOnClear = true;
            target.HashPicker = new GrainKeyHasherPicker();
            target.GrainStorageSerializer = ActivatorUtilities.CreateInstance<OrleansGrainStorageSerializer>(services);
        }));
}

/// <summary>Answers other members' probes. Orleans' log messages about the service's start are noise, so they are discarded.</summary>
internal sealed class PeerService(GrainId id, Silo silo, PeerClient peers) : GrainService(id, silo, NullLoggerFactory.Instance),
    IPeerService
{
    public Task PingAsync() => Task.CompletedTask;

    public Task<PeerState> ProbeAsync(SiloAddress target) => peers.ProbeAsync(target);
}
