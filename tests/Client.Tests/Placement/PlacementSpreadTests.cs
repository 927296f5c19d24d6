using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Tests.Monitoring;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Placement;

namespace Krewe.Client.Tests.Placement;

public sealed class PlacementSpreadTests
{
    private static readonly Gen<NodeReport> Reports =
        from silo in Gen.Choose(1, 6)
        from used in Gen.Choose(0, 300)
        from state in Gen.Choose(0, 5)
        from bytes in Gen.Choose(1, 280)
        from replica in Gen.Choose(0, 3)
        from session in Gen.Choose(0, 1)
        select TestNodes.Report(silo, state == 0 ? [] : [TestNodes.Entry("a", bytes: bytes * TestNodes.MiB, error: state == 1 ? "broken" : "")]) with
        {
            UsedBytes = used * TestNodes.MiB,
            IsDraining = state == 2,
            Sessions = session == 1 ? [TestNodes.Id("a")] : [],
            Replicas = replica > 0 ? [new ReplicaId(TestNodes.Id("a"), replica)] : [],
        };

    [Fact]
    public void Whatever_the_reports_the_choice_can_take_the_replica_is_the_best_and_does_not_depend_on_their_order() =>
        Prop.ForAll(Reports.ListOf().ToArbitrary(), reports =>
        {
            var nodes = reports.DistinctBy(report => report.Silo)
                .Select(report => NodeSnapshot.Of(SiloAddress.FromParsableString(report.Silo), report, null)).ToImmutableArray();
            var scene = new PlacementInputs
            {
                Replica = new ReplicaId(TestNodes.Id("a"), 0), Nodes = nodes, Compatible = [.. nodes.Select(node => node.Address)],
            };
            var able = nodes.GroupBy(node => ReplicaChoice.Obstacle(node, scene))
                .Where(group => group.Key is PlacementObstacle.None or PlacementObstacle.Failed)
                .MinBy(group => group.Key)?.ToArray() ?? [];
            if (able.Length == 0)
            {
                return Record.Exception(() => ReplicaChoice.Choose(scene)) is KreweException { Code: KreweErrorCode.Unavailable };
            }

            var chosen = ReplicaChoice.Choose(scene);
            var score = ReplicaChoice.Score(able.Single(node => node.Address.Equals(chosen)), scene);
            return able.All(node => ReplicaChoice.Score(node, scene) >= score)
                && chosen.Equals(ReplicaChoice.Choose(scene with { Nodes = [.. nodes.Reverse()] }));
        }).Hold(2000);

    [Fact]
    public void Placements_between_two_looks_spread_by_free_memory()
    {
        var catalog = Enumerable.Range(0, 300).Select(number => TestNodes.Entry($"m{number}", bytes: 2 * TestNodes.MiB)).ToArray();
        var nodes = new[] { 400L, 200, 0 }.Select((used, index) => TestNodes.Snapshot(
            index + 1, TestNodes.Report(index + 1, catalog) with { BudgetBytes = 600 * TestNodes.MiB, UsedBytes = used * TestNodes.MiB })).ToArray();
        var expectations = new PendingPlacements(TimeProvider.System, TimeSpan.FromHours(1), 8192);

        // 200, 400 and 600 MiB are free, and 600 MiB are placed: filling up from the emptiest leaves 200 MiB on each.
        var places = catalog.Select(entry => Place(new ReplicaId(new ModelId(entry.Name, entry.Version!.Value), 0), nodes, expectations)).ToArray();

        Assert.InRange(places.Count(silo => silo.Equals(TestNodes.Silo(1))), 0, 3);
        Assert.InRange(places.Count(silo => silo.Equals(TestNodes.Silo(2))), 97, 103);
        Assert.InRange(places.Count(silo => silo.Equals(TestNodes.Silo(3))), 197, 203);
    }

    [Theory]
    [InlineData(256, 256, 256)]
    [InlineData(128, 256, 512)]
    public void Two_thousand_versions_on_full_silos_stay_spread_and_are_found_again(params int[] budgets)
    {
        // Files of 0.2 to 1 MiB, together about four times what equal silos hold; polls every 50 calls, loads long done by then.
        var random = Replay.Random(usual: 7);
        var catalog = Enumerable.Range(0, 2000).Select(number => TestNodes.Entry($"m{number}", bytes: random.Next(200, 1000) << 11)).ToArray();
        var silos = budgets.Select((budget, index) => new SimulatedSilo(index + 1, budget * TestNodes.MiB, catalog)).ToArray();
        var nodes = Array.ConvertAll(silos, silo => silo.Report(null));
        var expectations = new PendingPlacements(TimeProvider.System, TimeSpan.FromHours(1), 8192);
        var weights = Enumerable.Range(1, 2000).Select(rank => 1.0 / rank).ToArray();
        var total = weights.Sum();
        var repeats = 0;
        for (var call = 0; call < 30_000; call++)
        {
            var entry = catalog[Draw(random.NextDouble() * total)];
            var replica = new ReplicaId(new ModelId(entry.Name, entry.Version!.Value), 0);
            var holder = Array.Find(silos, silo => silo.Holds(replica.Model));
            repeats += holder is null ? 0 : 1;
            holder ??= silos.Single(silo => TestNodes.Silo(silo.Number).Equals(Place(replica, nodes, expectations)));
            holder.Call(replica.Model, entry.EstimatedBytes);
            if (call % 50 == 49)
            {
                nodes = [.. silos.Zip(nodes, (silo, node) => silo.Report(node))];
                expectations.Settle(nodes);
            }
        }

        var all = (double)budgets.Sum();
        Assert.All(silos.Zip(budgets), pair => Assert.InRange(pair.First.Loads / (pair.Second / all) / silos.Sum(silo => silo.Loads), 0.75, 1.25));
        Assert.All(silos, silo => Assert.True(silo.Used > 0.9 * budgets[silo.Number - 1] * TestNodes.MiB, $"silo {silo.Number} holds {silo.Used}"));
        Assert.True(repeats > 15_000, $"{repeats} of 30000 calls found their version in memory");

        int Draw(double at)
        {
            var index = 0;
            while (index < weights.Length - 1 && (at -= weights[index]) > 0)
            {
                index++;
            }

            return index;
        }
    }

    private static SiloAddress Place(ReplicaId replica, NodeSnapshot[] nodes, PendingPlacements expectations)
    {
        var silo = ReplicaChoice.Choose(new PlacementInputs
        {
            Replica = replica,
            Nodes = [.. nodes],
            Compatible = [.. nodes.Select(node => node.Address)],
            LastPlace = expectations.Find(replica),
            Expected = expectations.At(replica.Model),
            Overlay = expectations.On,
        });
        expectations.Add(replica, silo, nodes[0].Catalog[replica.Model].EstimatedBytes);
        return silo;
    }
}
