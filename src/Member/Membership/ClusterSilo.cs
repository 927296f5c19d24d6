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

/// <summary>The engine's settings for a member of a cluster: membership and state in PostgreSQL.</summary>
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
        // Orleans has two names, one for membership and one for what grains store. Here clusters of one database share nothing.
        silo.Configure<ClusterOptions>(cluster => cluster.ClusterId = cluster.ServiceId = options.ClusterId);
        silo.Configure<SiloOptions>(self => self.SiloName = options.SiloName);
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
            // A large tensor on its way holds up what is behind it on the same connection.
            connection.ConnectionsPerEndpoint = 4;
            connection.OpenConnectionTimeout = TimeSpan.FromSeconds(2);
            connection.ConnectionRetryDelay = TimeSpan.FromMilliseconds(200);
        });
        silo.Configure<SiloConnectionOptions>(static connection =>
        {
            connection.ConfigureSiloOutboundConnection(static pipeline => ConnectionEnds.Watch(pipeline, opened: true));
            connection.ConfigureSiloInboundConnection(static pipeline => ConnectionEnds.Watch(pipeline, opened: false));
        });
    }

    /// <summary>
    /// State is stored in the engine's own binary form, the one of messages: types have aliases and members have numbers there, so
    /// that both may be renamed and members added while stored state and older nodes are still read. The engine's JSON form, the
    /// provider's default, stores the names of .NET types and properties instead.
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

/// <summary>Answers for this member. What the engine would log of the service's start concerns nobody.</summary>
internal sealed class PeerService(GrainId id, Silo silo, PeerClient peers) : GrainService(id, silo, NullLoggerFactory.Instance),
    IPeerService
{
    public Task PingAsync() => Task.CompletedTask;

    public Task<PeerState> LookAsync(SiloAddress target) => peers.LookAsync(target);
}
