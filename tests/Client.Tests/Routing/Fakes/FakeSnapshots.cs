using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Rollouts.Routes;

namespace Krewe.Client.Tests.Routing.Fakes;

/// <summary>A cluster snapshot that a test sets.</summary>
internal sealed class FakeSnapshots : IClusterSnapshotSource
{
    public ClusterSnapshot Current { get; set; } = ClusterSnapshot.Empty;

    /// <summary>The snapshot after the next refresh; null for no change.</summary>
    public Func<ClusterSnapshot?> OnRefresh { get; set; } = () => null;

    public int Refreshes { get; private set; }

    public bool AreRoutesStale { get; set; }

    public Task RefreshAsync(CancellationToken cancellationToken)
    {
        Refreshes++;
        Current = OnRefresh() ?? Current;
        return Task.CompletedTask;
    }

    public void Expect(ReplicaId replica, SiloAddress silo)
    {
    }

    public IReadOnlyCollection<SiloAddress> ExpectedAt(ModelId model) => [];

    public long ExpectedBytes(SiloAddress silo) => 0;

    public static ModelId Id(string name, long version) => new(ModelName.Parse(name), new ModelVersion(version));

    public static SiloAddress Address(int number) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11110 + number), 1);

    public static CatalogVersion Version(
        string name, long version, string error = "", bool unloaded = false, string? quarantine = null, int replicas = 1,
        ExecutionProvider? needs = null) => new(
        Id(name, version),
        new CatalogEntry
        {
            Name = ModelName.Parse(name),
            Version = new ModelVersion(version),
            Error = error,
            RequiredProvider = needs,
            Replicas = new ReplicaRange(replicas, 4),
        },
        unloaded,
        quarantine);

    /// <summary>A cluster of silos that all have the same versions.</summary>
    public static ClusterSnapshot Of(int silos, params CatalogVersion[] versions) =>
        Of([.. Enumerable.Range(1, silos).Select(number => Node(number, versions))], versions);

    public static ClusterSnapshot Of(ImmutableArray<NodeSnapshot> nodes, params CatalogVersion[] versions) => new()
    {
        Nodes = nodes,
        Models = versions.GroupBy(version => version.Id.Name).ToFrozenDictionary(
            group => group.Key, group => new CatalogModel(group.Key, [.. group.OrderBy(version => version.Id)])),
        Routes = RoutingTable.Empty,
    };

    /// <summary>The same snapshot, with a route for a model's calls.</summary>
    public static ClusterSnapshot With(ClusterSnapshot snapshot, string name, TrafficRoute route) => new()
    {
        Nodes = snapshot.Nodes,
        Models = snapshot.Models.ToFrozenDictionary(
            pair => pair.Key,
            pair => pair.Key.Value != name ? pair.Value : pair.Value with
            {
                Traffic = route,
                Versions = [.. pair.Value.Versions.Select(version => version with { IsRetired = route.Retired.Contains(version.Id.Version) })],
            }),
        Routes = new RoutingTable(1, ImmutableDictionary<string, ModelRoute>.Empty.Add(name, new ModelRoute { Model = name, Epoch = 1, Traffic = route })),
    };

    /// <summary>The same silo after its folder has changed.</summary>
    public static NodeSnapshot With(NodeSnapshot node, long catalogSequence) => new()
    {
        Address = node.Address,
        Report = node.Report with { CatalogSequence = catalogSequence },
        Catalog = node.Catalog,
        Sessions = node.Sessions,
        Replicas = node.Replicas,
        ReplicatedModels = node.ReplicatedModels,
    };

    public static NodeSnapshot Node(int number, CatalogVersion[] versions, bool draining = false, params ExecutionProvider[] providers) => new()
    {
        Address = Address(number),
        Report = new NodeReport
        {
            Silo = Address(number).ToParsableString(),
            Name = $"silo-{number}",
            IsDraining = draining,
            BudgetBytes = 1000,
            UsedBytes = 10 * number,
            QueueDepth = 0,
            Providers = providers.Length == 0 ? [ExecutionProvider.Cpu] : [.. providers],
            Labels = ImmutableDictionary<string, string>.Empty,
            CatalogSequence = 1,
            Catalog = [.. versions.Select(version => version.Entry)],
            ResidentSequence = 1,
            NotReady = "",
        },
        Catalog = versions.ToFrozenDictionary(version => version.Id, version => version.Entry),
        Sessions = FrozenSet<ModelId>.Empty,
        Replicas = FrozenSet<ReplicaId>.Empty,
        ReplicatedModels = FrozenSet<ModelId>.Empty,
    };
}
