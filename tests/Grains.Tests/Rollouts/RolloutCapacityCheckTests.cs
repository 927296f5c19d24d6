using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Rollouts;

namespace Krewe.Grains.Tests.Rollouts;

/// <summary>Silos have a budget of 1,000 bytes; each test gives the bytes of the old version, of the new one, and of others.</summary>
public sealed class RolloutCapacityCheckTests
{
    private static readonly ModelId Old = Id("m", 1);
    private static readonly ModelId New = Id("m", 2);
    private static readonly ModelId Other = Id("other", 1);

    [Theory]
    [InlineData(400, 600, true)]
    [InlineData(400, 601, false)]
    public void Where_the_old_version_is_in_memory_the_new_one_needs_what_it_leaves(long old, long young, bool fits)
    {
        Assert.Equal(fits, Fits(1, Silo(1, old, young, sessions: [Old])));
        Assert.Equal(fits, Fits(1, Silo(1, old, young, replicas: [Old])));
    }

    [Theory]
    [InlineData(400, 600, true)]
    [InlineData(400, 601, false)]
    public void On_one_silo_with_neither_in_memory_both_must_fit(long old, long young, bool fits) =>
        Assert.Equal(fits, Fits(1, Silo(1, old, young)));

    [Theory]
    [InlineData(1000, 1000, true)]
    [InlineData(1000, 1001, false)]
    [InlineData(1001, 1000, false)]
    public void On_two_silos_each_may_take_one_of_them(long old, long young, bool fits) =>
        Assert.Equal(fits, Fits(1, Silo(1, old, young), Silo(2, old, young)));

    [Fact]
    public void What_another_rollout_holds_leaves_no_memory_for_this_one()
    {
        var crowded = Silo(2, 400, 600, sessions: [Old, Other]);

        Assert.True(Fits(1, Silo(1, 400, 600, sessions: [Old]), crowded));
        Assert.False(Fits(2, Silo(1, 400, 600, sessions: [Old]), crowded));
        Assert.False(Fits(1, Silo(1, 900, 900), Silo(2, 900, 900, replicas: [Other])));
    }

    [Fact]
    public void More_silos_than_there_are_cannot_be_asked_for() => Assert.True(Fits(5, Silo(1, 400, 600, sessions: [Old])));

    [Fact]
    public void Without_a_silo_that_has_the_new_version_the_reason_says_so() =>
        Assert.Equal("no silo can serve version 2 at present", RolloutCapacityCheck.FindObstacle(Snapshot([]), Old, New, 1));

    [Fact]
    public void The_reason_has_the_numbers_and_the_way_out()
    {
        var reason = RolloutCapacityCheck.FindObstacle(Snapshot([Silo(1, 400, 700, sessions: [Old])]), Old, New, 1);

        Assert.Contains("not enough memory for version 2, 700 bytes, beside version 1 on any silo: silo-1 may use 1000 bytes, of which 400 bytes", reason, StringComparison.Ordinal);
        Assert.Contains("replica_by_replica", reason, StringComparison.Ordinal);
    }

    private static bool Fits(int silos, params NodeSnapshot[] nodes) => RolloutCapacityCheck.FindObstacle(Snapshot(nodes), Old, New, silos) is null;

    private static ModelId Id(string name, long version) => new(ModelName.Parse(name), new ModelVersion(version));

    /// <summary>The other model's version is held by a rollout of its own.</summary>
    private static ClusterSnapshot Snapshot(NodeSnapshot[] nodes) => new()
    {
        Nodes = [.. nodes],
        Models = FrozenDictionary<ModelName, CatalogModel>.Empty,
        Routes = new RoutingTable(1, ImmutableDictionary<string, ModelRoute>.Empty.Add(
            "other", new ModelRoute { Model = "other", Epoch = 1, Held = [1] })),
    };

    private static NodeSnapshot Silo(int number, long old, long young, ModelId[]? sessions = null, ModelId[]? replicas = null)
    {
        CatalogEntry[] catalog = [Entry(Old, old), Entry(New, young), Entry(Other, 200)];
        var address = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11110 + number), 1);
        return NodeSnapshot.Of(
            address,
            new NodeReport
            {
                Silo = address.ToParsableString(),
                Name = $"silo-{number}",
                IsDraining = false,
                BudgetBytes = 1000,
                UsedBytes = 0,
                QueueDepth = 0,
                Providers = [ExecutionProvider.Cpu],
                Labels = ImmutableDictionary<string, string>.Empty,
                CatalogSequence = 1,
                Catalog = [.. catalog],
                ResidentSequence = 1,
                Sessions = [.. sessions ?? []],
                Replicas = [.. (replicas ?? []).Select(static model => new ReplicaId(model, 0))],
                NotReady = "",
            },
            before: null);
    }

    private static CatalogEntry Entry(ModelId id, long bytes) => new() { Name = id.Name, Version = id.Version, EstimatedBytes = bytes };
}
