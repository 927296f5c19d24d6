using System.Diagnostics;
using System.Net;
using Krewe.Grains.Interfaces;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Runtime.GrainDirectory;
using Orleans.Runtime.MembershipService;
using Orleans.Storage;

namespace Krewe.Member;

/// <summary>The engine's settings for a member of the cluster.</summary>
internal static class MemberSilo
{
    /// <summary>The name of the grain storage, and the service that the state belongs to.</summary>
    public const string Name = "krewe";

    /// <summary>What a connection of <see cref="EndpointProbe"/> lasts at most.</summary>
    private static readonly TimeSpan LookedAtOnly = TimeSpan.FromSeconds(1);

    public static void Configure(ISiloBuilder silo, MemberOptions options)
    {
        ConfigureIdentity(silo, options);
        ConfigureMembership(silo);
        ConfigureMessaging(silo, options);
        ConfigureStorage(silo);
        silo.AddPlacementDirector<ReplicaPlacement, ReplicaPlacementDirector>();
        silo.AddPlacementDirector<NodePlacement, NodePlacementDirector>();
        silo.Services.AddSingleton<IGrainDirectoryResolver, NodeDirectory>();
        silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = options.GrainIdleTime);
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
            endpoints.GatewayListeningEndpoint = options.ClientPort is { } port ? new IPEndPoint(options.EffectiveListenAddress, port) : null;
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
        silo.Services.AddSingleton<IFatalErrorHandler, OrderlyEnd>();
        silo.Configure<ClusterMembershipOptions>(MemberTiming.Apply);
        silo.Services.AddSingleton<PeerClient>();
        silo.AddGrainService<PeerService>();
        silo.Services.AddSingleton<DeathWatch>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, FutureGenerations>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, JoinWatch>();
        silo.Services.AddSingleton<ISiloList, ActiveSilos>();
    }

    private static void ConfigureMessaging(ISiloBuilder silo, MemberOptions options)
    {
        silo.Configure<SiloMessagingOptions>(messaging => messaging.MaxMessageBodySize = (int)options.MaxMessageBytes);
        silo.Configure<ConnectionOptions>(connection =>
        {
            // A large tensor on its way holds up what is behind it on the same connection.
            connection.ConnectionsPerEndpoint = 4;
            connection.OpenConnectionTimeout = TimeSpan.FromSeconds(2);
            connection.ConnectionRetryDelay = TimeSpan.FromMilliseconds(200);
        });
        silo.Configure<SiloConnectionOptions>(connection =>
        {
            connection.ConfigureSiloOutboundConnection(pipeline => TellOfEnds(pipeline, opened: true));
            connection.ConfigureSiloInboundConnection(pipeline => TellOfEnds(pipeline, opened: false));
        });
    }

    private static void TellOfEnds(IConnectionBuilder pipeline, bool opened)
    {
        var services = pipeline.ApplicationServices;
        pipeline.Use(next => async connection =>
        {
            var remote = connection.RemoteEndPoint;
            var start = Stopwatch.GetTimestamp();
            try
            {
                await next(connection);
            }
            finally
            {
                if (opened)
                {
                    ConnectionObserver.AskAfterCalls(services);
                }

                // Looking at a member is itself a connection that ends at once; were that a reason to look back, two would never stop.
                if (opened || Stopwatch.GetElapsedTime(start) > LookedAtOnly)
                {
                    services.GetRequiredService<DeathWatch>().OnConnectionEnded(remote, opened);
                }
            }
        });
    }

    /// <summary>
    /// State is stored in the engine's own binary form, the one of messages: types have aliases and members have numbers there, so
    /// that both may be renamed and members added while stored state and older nodes are still read. The engine's JSON form, the
    /// provider's default, stores the names of .NET types and properties instead.
    /// </summary>
    private static void ConfigureStorage(ISiloBuilder silo) =>
        silo.AddAdoNetGrainStorage(Name, storage => storage.Configure<DatabaseConnections, IServiceProvider>((target, database, services) =>
        {
            target.Invariant = ClusterDatabase.Invariant;
            target.DataSource = database.Source;
            target.DeleteStateOnClear = true;
            target.HashPicker = new GrainKeyHasherPicker();
            target.GrainStorageSerializer = ActivatorUtilities.CreateInstance<OrleansGrainStorageSerializer>(services);
        }));
}
