using System.Collections.Frozen;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Tests.Monitoring;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Placement;
using Krewe.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.Metadata;
using Orleans.Runtime.Placement;

namespace Krewe.Client.Tests.Placement;

/// <summary>The directors in real silos: two that host models, and a third without their grains, as a gateway is.</summary>
public sealed class PlacementDirectorTests : IAsyncLifetime
{
    private readonly FixedSnapshots snapshots = new();
    private readonly InProcessSilos silos = new();
    private readonly List<IHost> started = [];

    private SiloAddress[] Hosts => [.. Addresses.Take(2)];

    private SiloAddress Gateway => Addresses.Last();

    private IEnumerable<SiloAddress> Addresses => started.Select(host => host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress);

    private IServiceProvider Services => started[2].Services;

    private IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    public async ValueTask InitializeAsync()
    {
        for (var number = 0; number < 3; number++)
        {
            var hosts = number < 2;
            started.Add(await silos.StartAsync($"silo-{number}", host => host.UseOrleans(silo =>
            {
                silo.Services.AddSingleton<IClusterSnapshotSource>(snapshots).AddSingleton<ILocalNode>(snapshots);
                silo.Services.AddPlacementDirector<NodePlacement, NodePlacementDirector>();
                silo.Services.AddPlacementDirector<ReplicaPlacement, ReplicaPlacementDirector>();
                // The engine takes fakes that other tests call directly for grains as well.
                silo.Configure<GrainTypeOptions>(types => types.Classes.RemoveWhere(
                    type => type.Assembly == typeof(PlacedNodeGrain).Assembly && !(hosts && type.IsSubclassOf(typeof(Grain)))));
            })));
        }

        await WaitUntilKnownAsync();
    }

    public ValueTask DisposeAsync() => silos.DisposeAsync();

    [Fact]
    public async Task A_node_grain_is_on_the_silo_its_key_names_and_nowhere_where_that_hosts_none()
    {
        var route = new ModelRoute { Model = "a" };
        foreach (var host in Hosts)
        {
            await Grains.GetGrain<INodeGrain>(host.ToParsableString()).ApplyRouteAsync(route);
        }

        var stranger = SiloAddress.New(Gateway.Endpoint, Gateway.Generation + 1);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => Grains.GetGrain<INodeGrain>(Gateway.ToParsableString()).ApplyRouteAsync(route));
        await Assert.ThrowsAsync<SiloUnavailableException>(() => Grains.GetGrain<INodeGrain>(stranger.ToParsableString()).ApplyRouteAsync(route));
    }

    [Fact]
    public async Task Silos_without_node_grains_are_not_asked_for_reports()
    {
        Assert.Equal(Hosts, await Reader().GetHostsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_replica_is_placed_by_the_snapshot_and_then_expected_there()
    {
        var room = Hosts[1];
        Show((Hosts[0], 200), (room, 0));

        Assert.Equal(room.ToParsableString(), await Grains.GetGrain<IWhereaboutsGrain>("a/1/0").WhereAsync());
        Assert.Contains((ReplicaId.Parse("a/1/0"), room), snapshots.Placed);
    }

    [Fact]
    public async Task A_silo_that_drains_takes_nothing_though_its_report_does_not_say_so_yet()
    {
        Show((Hosts[0], 200), (Hosts[1], 0));
        (snapshots.Address, snapshots.IsDraining) = (Hosts[1], true);

        Assert.Equal(Hosts[0].ToParsableString(), await Grains.GetGrain<IWhereaboutsGrain>("a/1/1").WhereAsync());
    }

    [Fact]
    public async Task A_hint_is_followed()
    {
        Show((Hosts[0], 200), (Hosts[1], 0));
        RequestContext.Set(IPlacementDirector.PlacementHintKey, Hosts[0]);

        Assert.Equal(Hosts[0].ToParsableString(), await Grains.GetGrain<IWhereaboutsGrain>("a/1/2").WhereAsync());
    }

    [Fact]
    public async Task Without_a_snapshot_a_replica_is_placed_all_the_same() =>
        Assert.Contains(await Grains.GetGrain<IWhereaboutsGrain>("a/1/3").WhereAsync(), Hosts.Select(host => host.ToParsableString()));

    [Fact]
    public async Task What_the_director_throws_reaches_the_caller_as_it_is()
    {
        Show((Hosts[0], 0), (Hosts[1], 0));

        var refusal = await Assert.ThrowsAsync<KreweException>(() => Grains.GetGrain<IWhereaboutsGrain>("other/1/0").WhereAsync());

        Assert.Equal("no silo has 'other/1' in its repository", refusal.Message);
    }

    [Fact]
    public async Task A_watch_sees_the_silos_through_their_node_grains()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var watch = new ClusterMonitor(Reader(), new ClusterMonitorOptions(), TimeProvider.System, NullLogger<ClusterMonitor>.Instance);
        await watch.StartAsync(limit.Token);
        while (watch.Current.Nodes.Length < 2)
        {
            await watch.RefreshAsync(limit.Token);
        }

        Assert.Equal(Hosts.Order(), watch.Current.Nodes.Select(node => node.Address));
        Assert.Equal(Hosts.Select(host => (long)host.Endpoint.Port).Order(), watch.Current.Models.Values.Single().Versions.Select(one => one.Id.Version.Number));
        await watch.StopAsync(limit.Token);
    }

    /// <summary>Waits until every silo knows which grains each of them has.</summary>
    private async Task WaitUntilKnownAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        foreach (var host in started)
        {
            await foreach (var manifest in host.Services.GetRequiredService<IClusterManifestProvider>().Updates.WithCancellation(limit.Token))
            {
                if (Addresses.All(manifest.Silos.ContainsKey))
                {
                    break;
                }
            }
        }
    }

    private GrainClusterReader Reader() => new(
        new AllSilos([.. Hosts, Gateway]), Grains, Services.GetRequiredService<IClusterManifestProvider>(),
        Services.GetRequiredService<GrainInterfaceTypeResolver>(), Services);

    private void Show(params (SiloAddress Silo, long UsedMiB)[] silos) => snapshots.Current = new ClusterSnapshot
    {
        Nodes = [.. silos.Select(silo => NodeSnapshot.Of(
            silo.Silo, TestNodes.Report(1, TestNodes.Entry("a")) with { UsedBytes = silo.UsedMiB * TestNodes.MiB }, null))],
        Models = FrozenDictionary<ModelName, CatalogModel>.Empty,
        Routes = RoutingTable.Empty,
    };

    private sealed class AllSilos(IReadOnlyList<SiloAddress> silos) : ISiloList
    {
        public ValueTask<IReadOnlyList<SiloAddress>> GetActiveAsync(CancellationToken cancellationToken) => ValueTask.FromResult(silos);
    }
}
