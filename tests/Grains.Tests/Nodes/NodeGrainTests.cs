using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Nodes;
using Krewe.Grains.Tests.Cluster;
using Krewe.Grains.Tests.Versions;
using Krewe.Grains.Versions;
using Krewe.Serving.Versions;
using Orleans.Serialization;
using Orleans.Storage;

namespace Krewe.Grains.Tests.Nodes;

public sealed class NodeGrainTests
{
    private static readonly NodeReportRequest Nothing = new(-1, -1);

    [Fact]
    public async Task A_report_says_what_a_silo_is_and_leaves_out_what_its_reader_has()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m", min: 0, max: 3), options => options.Labels["zone"] = "north");
        var node = cluster[0].NodeGrain(cluster[1]);
        var report = await node.ReportAsync(Nothing);
        Assert.Equal(("silo-2", false, "", 1L << 30), (report.Name, report.IsDraining, report.NotReady, report.BudgetBytes));
        Assert.Equal(cluster[1].Address.ToParsableString(), report.Silo);
        Assert.Equal("north", report.Labels["zone"]);
        var entry = Assert.Single(report.Catalog);
        Assert.Equal((new ReplicaRange(0, 3), 1L << 20, "a"), (entry.Replicas, entry.EstimatedBytes, entry.Artifact));
        Assert.Empty(report.Sessions);

        var known = new NodeReportRequest(report.CatalogSequence, report.ResidentSequence);
        var again = await node.ReportAsync(known);
        Assert.True(again.Catalog.IsDefault && again.Sessions.IsDefault && again.Replicas.IsDefault);

        cluster[1].Node.Add("n");
        await node.LoadAsync(ModelReference.Parse("m", "1"));
        again = await node.ReportAsync(known);
        Assert.Equal(["m", "n"], again.Catalog.Select(found => found.Name.ToString()));
        Assert.Equal(FakeNode.Id("m"), Assert.Single(again.Sessions));
        Assert.Empty(again.Replicas);
    }

    [Fact]
    public async Task A_catalog_of_ten_thousand_versions_is_made_once_for_each_change()
    {
        await using var cluster = await TestCluster.StartAsync(1, node => Array.ForEach([.. Enumerable.Range(0, 10_000)], i => node.Add($"m{i}")));
        var catalog = cluster[0].Get<NodeCatalog>();
        var first = catalog.Read();
        Assert.Equal(10_000, first.Entries.Length);
        Assert.True(first.Entries == catalog.Read().Entries);
        cluster[0].Node.Add("another");
        Assert.Equal(10_001, catalog.Read().Entries.Length);
    }

    [Fact]
    public async Task A_route_takes_versions_out_and_an_older_one_changes_nothing()
    {
        await using var cluster = await TestCluster.StartAsync(1, node => node.Add("m"));
        var node = cluster[0].NodeGrain(cluster[0]);
        var route = new ModelRoute { Model = "m", Epoch = 2, Unloaded = [1], Quarantined = ImmutableDictionary<long, string>.Empty.Add(2, "why") };
        await node.ApplyRouteAsync(route);
        Assert.Equal(
            new Dictionary<long, VersionExclusion> { [1] = VersionExclusion.Unloaded, [2] = VersionExclusion.Failed("quarantined: why") },
            cluster[0].Node.Excluded["m"]);
        await node.ApplyRouteAsync(new ModelRoute { Model = "m", Epoch = 1 });
        Assert.Equal(2, cluster[0].Node.Excluded["m"].Count);
        var error = await Assert.ThrowsAsync<KreweException>(() => node.LoadAsync(ModelReference.Parse("m", "1")));
        Assert.Equal(
            (KreweErrorCode.Unavailable, "model 'm' version '1' is unloaded; load it to serve it again"), (error.Code, error.Message));
        await node.ApplyRouteAsync(new ModelRoute { Model = "m", Epoch = 3 });
        Assert.Empty(cluster[0].Node.Excluded["m"]);
        await node.LoadAsync(ModelReference.Parse("m", "1"));
        Assert.True(cluster[0].Node.IsLoaded("m"));
    }

    [Fact]
    public async Task A_silo_that_was_not_told_follows_the_route_book_both_ways()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m"));
        var table = cluster[0].Grains.GetGrain<IRoutingTableGrain>(IRoutingTableGrain.Key);
        await table.PublishAsync(new ModelRoute { Model = "other", Epoch = 1, Unloaded = [4] });
        await cluster.UntilAsync(() => cluster.Silos.All(silo => silo.Node.Excluded.TryGetValue("other", out var versions) && versions.ContainsKey(4)));

        // It leaves the table once nothing is decided about it any more.
        var model = cluster[0].Grains.GetGrain<IModelGrain>("other");
        await model.SetUnloadedAsync([4], true);
        await model.SetUnloadedAsync([4], false);
        await cluster.UntilAsync(() => cluster.Silos.All(silo => silo.Node.Excluded["other"].Count == 0));
    }

    [Fact]
    public async Task A_load_record_survives_the_form_in_which_it_is_stored()
    {
        await using var cluster = await TestCluster.StartAsync(1, node => node.Add("m"));
        var stored = new OrleansGrainStorageSerializer(cluster[0].Get<Serializer>());
        var record = LoadRecord.Empty.Begin(LoadRecordTests.Intent(1, 1), _ => true, DateTimeOffset.UnixEpoch).Record
            with { Deaths = [new LoadDeath("silo-7", DateTimeOffset.UnixEpoch)] };
        var read = stored.Deserialize<LoadRecord>(stored.Serialize(record))!;
        Assert.Equal(record.Open, read.Open);
        Assert.Equal(record.Deaths, read.Deaths);
        Assert.Equal(record.Artifacts, read.Artifacts);
    }
}
