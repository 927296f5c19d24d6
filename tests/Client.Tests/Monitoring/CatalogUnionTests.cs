using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;

namespace Krewe.Client.Tests.Monitoring;

public sealed class CatalogUnionTests
{
    [Fact]
    public void A_version_broken_on_one_silo_and_whole_on_another_is_whole_in_whatever_order()
    {
        var broken = TestNodes.Snapshot(1, TestNodes.Report(1, TestNodes.Entry("a", error: "cut short")));
        var whole = TestNodes.Snapshot(2, TestNodes.Report(2, TestNodes.Entry("a")));
        foreach (var nodes in new NodeSnapshot[][] { [broken, whole], [whole, broken] })
        {
            var union = new CatalogUnion();
            Assert.True(union.Update(nodes, RoutingTable.Empty));
            Assert.True(Assert.Single(union.Models[ModelName.Parse("a")].Versions).CanServe);
        }
    }

    [Fact]
    public void Where_silos_have_different_files_the_first_counts_broken_or_whole()
    {
        foreach (var error in (string[])["", "cut short"])
        {
            var union = new CatalogUnion();
            union.Update(
                [TestNodes.Snapshot(1, TestNodes.Report(1, TestNodes.Entry("a", artifact: "x", error: error))), TestNodes.Snapshot(2, TestNodes.Report(2, TestNodes.Entry("a", artifact: "y", error: error)))],
                RoutingTable.Empty);

            Assert.Equal("x", Assert.Single(union.Models[ModelName.Parse("a")].Versions).Entry.Artifact);
            Assert.Equal("a/1", Assert.Single(union.Differing.Keys).ToString());
        }
    }

    [Fact]
    public void Versions_of_all_silos_are_there_ascending_and_a_model_without_any_says_why()
    {
        var union = new CatalogUnion();
        union.Update(
            [
                TestNodes.Snapshot(1, TestNodes.Report(1, TestNodes.Entry("a", 10), TestNodes.Entry("b", null, error: "bad settings"))),
                TestNodes.Snapshot(2, TestNodes.Report(2, TestNodes.Entry("a", 9), TestNodes.Entry("a", 100))),
            ],
            RoutingTable.Empty);

        Assert.Equal([9, 10, 100], union.Models[ModelName.Parse("a")].Versions.Select(version => version.Id.Version.Number));
        Assert.Equal(("bad settings", 0), (union.Models[ModelName.Parse("b")].Error, union.Models[ModelName.Parse("b")].Versions.Length));
        Assert.Empty(union.Differing);
    }

    [Fact]
    public void A_look_at_ten_thousand_versions_on_three_silos_that_did_not_change_allocates_next_to_nothing()
    {
        var catalog = Enumerable.Range(0, 10_000).Select(number => TestNodes.Entry($"model-{number}")).ToArray();
        var nodes = Enumerable.Range(1, 3).Select(silo => TestNodes.Snapshot(silo, TestNodes.Report(silo, catalog))).ToArray();
        var reports = nodes.Select(node => node.Report with { Catalog = default, Sessions = default, Replicas = default }).ToArray();
        var union = new CatalogUnion();
        Assert.True(union.Update(nodes, RoutingTable.Empty));
        Poll();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(Poll());

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * 1024);

        bool Poll() => union.Update([.. nodes.Zip(reports, (node, report) => NodeSnapshot.Of(node.Address, report, node))], RoutingTable.Empty);
    }
}
