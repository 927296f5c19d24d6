using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Client.Tests.Monitoring;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Placement;

namespace Krewe.Client.Tests.Placement;

public sealed class ReplicaChoiceTests
{
    private static readonly ReplicaId Replica = new(TestNodes.Id("a"), 0);

    [Fact]
    public void The_silo_with_most_free_memory_is_taken() => Assert.Equal(TestNodes.Silo(2), Choose(
        Report(1) with { UsedBytes = 100 * TestNodes.MiB },
        Report(2) with { UsedBytes = 50 * TestNodes.MiB },
        Report(3) with { UsedBytes = 150 * TestNodes.MiB }));

    [Fact]
    public void Free_is_what_is_left_of_the_budget_not_the_budget() => Assert.Equal(TestNodes.Silo(1), Choose(
        Report(1),
        Report(2) with { BudgetBytes = 1000 * TestNodes.MiB, UsedBytes = 800 * TestNodes.MiB }));

    [Fact]
    public void What_is_on_its_way_counts_as_used()
    {
        var promised = Report(1) with
        {
            Catalog = [TestNodes.Entry("a"), TestNodes.Entry("big", bytes: 100 * TestNodes.MiB)],
            Replicas = [new ReplicaId(TestNodes.Id("big"), 0)],
        };
        Assert.Equal(TestNodes.Silo(2), Choose(promised, Report(2) with { UsedBytes = 90 * TestNodes.MiB }));
        var inputs = Inputs(Report(1), Report(2) with { UsedBytes = 10 * TestNodes.MiB });
        Assert.Equal(TestNodes.Silo(1), ReplicaChoice.Choose(inputs));
        Assert.Equal(TestNodes.Silo(2), ReplicaChoice.Choose(inputs with { Overlay = silo => silo.Equals(TestNodes.Silo(1)) ? (20 * TestNodes.MiB, 1) : default }));
    }

    [Fact]
    public void A_session_in_memory_without_a_replica_outweighs_room_and_preferences() => Assert.Equal(TestNodes.Silo(1), Choose(
        Report(1, Prefers(ExecutionProvider.Cuda)) with { UsedBytes = 256 * TestNodes.MiB, Sessions = [Replica.Model] },
        Report(2, Prefers(ExecutionProvider.Cuda)) with { Providers = [ExecutionProvider.Cpu, ExecutionProvider.Cuda] }));

    [Fact]
    public void A_session_that_a_sibling_uses_is_no_reason_to_come()
    {
        var sibling = new ReplicaId(Replica.Model, 1);
        Assert.Equal(TestNodes.Silo(2), Choose(
            Report(1) with { Sessions = [Replica.Model], Replicas = [sibling] }, Report(2) with { UsedBytes = 255 * TestNodes.MiB }));
        var inputs = Inputs(Report(1) with { Sessions = [Replica.Model] }, Report(2));
        Assert.Equal(TestNodes.Silo(2), ReplicaChoice.Choose(inputs with { Expected = [TestNodes.Silo(1)] }));
    }

    [Fact]
    public void The_replica_itself_in_an_old_report_or_placed_a_moment_ago_is_no_sibling()
    {
        var inputs = Inputs(Report(1) with { UsedBytes = 99 * TestNodes.MiB, Sessions = [Replica.Model], Replicas = [Replica] }, Report(2));
        Assert.Equal(TestNodes.Silo(1), ReplicaChoice.Choose(inputs));
        var placed = Inputs(Report(1) with { UsedBytes = 99 * TestNodes.MiB }, Report(2));
        Assert.Equal(TestNodes.Silo(1), ReplicaChoice.Choose(placed with { LastPlace = TestNodes.Silo(1), Expected = [TestNodes.Silo(1)] }));
    }

    [Fact]
    public void With_siblings_everywhere_the_silo_with_fewest_is_taken() => Assert.Equal(TestNodes.Silo(2), Choose(
        Report(1) with { Replicas = [new(Replica.Model, 1), new(Replica.Model, 2)] },
        Report(2) with { Replicas = [new(Replica.Model, 3)], UsedBytes = 255 * TestNodes.MiB }));

    [Fact]
    public void The_preferred_provider_outweighs_room() => Assert.Equal(TestNodes.Silo(2), Choose(
        Report(1, Prefers(ExecutionProvider.Cuda)),
        Report(2, Prefers(ExecutionProvider.Cuda)) with { UsedBytes = 256 * TestNodes.MiB, Providers = [ExecutionProvider.Cpu, ExecutionProvider.Cuda] }));

    [Fact]
    public void A_version_that_a_budget_can_never_hold_goes_where_it_can()
    {
        var big = TestNodes.Entry("a", bytes: 300 * TestNodes.MiB);
        Assert.Equal(TestNodes.Silo(2), Choose(Report(1, big), Report(2, big) with { BudgetBytes = 310 * TestNodes.MiB, UsedBytes = 300 * TestNodes.MiB }));
    }

    [Fact]
    public void Silos_that_cannot_take_it_are_left_out()
    {
        var needsCuda = TestNodes.Entry("a") with { RequiredProvider = ExecutionProvider.Cuda };
        Assert.Equal(TestNodes.Silo(9), Choose(
            Report(1) with { IsDraining = true },
            Report(2) with { NotReady = "repository unreadable" },
            TestNodes.Report(3),
            Report(4, TestNodes.Entry("a", error: "cut short")),
            Report(5, needsCuda),
            Report(9) with { UsedBytes = 256 * TestNodes.MiB }));
        var inputs = Inputs(Report(1), Report(2) with { UsedBytes = TestNodes.MiB * 99 });
        Assert.Equal(TestNodes.Silo(2), ReplicaChoice.Choose(inputs with { Draining = TestNodes.Silo(1) }));
        Assert.Equal(TestNodes.Silo(2), ReplicaChoice.Choose(inputs with { Compatible = [TestNodes.Silo(2)] }));
    }

    [Fact]
    public void Where_none_can_take_it_the_caller_is_told_why()
    {
        var needsCuda = TestNodes.Entry("a") with { RequiredProvider = ExecutionProvider.Cuda };
        Assert.Equal(
            "no silo can serve 'a/1': it needs Cuda, which 2 silos lack; 1 silo is draining",
            Refusal(Report(1, needsCuda), Report(2, needsCuda), Report(3, needsCuda) with { IsDraining = true }).Message);
        Assert.Equal("no silo has 'a/1' in its repository", Refusal(TestNodes.Report(1), TestNodes.Report(2)).Message);
        var passing = Refusal(Report(1) with { NotReady = "starting" });
        Assert.Equal("no silo can serve 'a/1': 1 silo is not ready (starting)", passing.Message);
        Assert.NotNull(passing.RetryAfter);
        Assert.Equal(KreweErrorCode.Unavailable, passing.Code);
        Assert.Equal("no silo that hosts models is running to serve 'a/1'", Refusal().Message);
    }

    [Fact]
    public void Where_the_version_has_failed_on_all_that_could_take_it_one_of_them_is_asked_again()
    {
        var failed = TestNodes.Entry("a", error: "cut short");
        Assert.Equal(TestNodes.Silo(2), Choose(
            Report(1, failed) with { UsedBytes = 99 * TestNodes.MiB }, Report(2, failed), TestNodes.Report(3), Report(4, failed) with { IsDraining = true }));
    }

    [Fact]
    public void A_silo_nobody_has_heard_of_is_taken_only_where_no_other_can_be()
    {
        var inputs = Inputs(Report(1) with { UsedBytes = 256 * TestNodes.MiB });
        Assert.Equal(TestNodes.Silo(1), ReplicaChoice.Choose(inputs with { Compatible = [TestNodes.Silo(1), TestNodes.Silo(7)] }));
        Assert.Equal(TestNodes.Silo(7), ReplicaChoice.Choose(Inputs(TestNodes.Report(1)) with { Compatible = [TestNodes.Silo(1), TestNodes.Silo(7)] }));
    }

    [Fact]
    public void Without_a_snapshot_every_process_chooses_the_same_silo_and_all_silos_are_chosen()
    {
        var drawn = Enumerable.Range(0, 300).Select(number => ReplicaChoice.Choose(Blind(number, reversed: false))).ToArray();
        Assert.Equal(drawn, Enumerable.Range(0, 300).Select(number => ReplicaChoice.Choose(Blind(number, reversed: true))));
        Assert.All(drawn.CountBy(silo => silo), pair => Assert.InRange(pair.Value, 60, 140));
        Assert.Equal(3, drawn.Distinct().Count());

        static PlacementInputs Blind(int number, bool reversed) => new()
        {
            Replica = new ReplicaId(TestNodes.Id($"m{number}"), 0),
            Nodes = [],
            Compatible = reversed ? [TestNodes.Silo(3), TestNodes.Silo(2), TestNodes.Silo(1)] : [TestNodes.Silo(1), TestNodes.Silo(2), TestNodes.Silo(3)],
        };
    }

    private static CatalogEntry Prefers(ExecutionProvider provider) => TestNodes.Entry("a") with { PreferredProvider = provider };

    private static NodeReport Report(int silo, CatalogEntry? entry = null) => TestNodes.Report(silo, entry ?? TestNodes.Entry("a"));

    private static SiloAddress Choose(params NodeReport[] reports) => ReplicaChoice.Choose(Inputs(reports));

    private static KreweException Refusal(params NodeReport[] reports) => Assert.Throws<KreweException>(() => Choose(reports));

    private static PlacementInputs Inputs(params NodeReport[] reports)
    {
        var nodes = reports.Select(report => NodeSnapshot.Of(SiloAddress.FromParsableString(report.Silo), report, null)).ToImmutableArray();
        return new PlacementInputs { Replica = Replica, Nodes = nodes, Compatible = [.. nodes.Select(node => node.Address)] };
    }
}
