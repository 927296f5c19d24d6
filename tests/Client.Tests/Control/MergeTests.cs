using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Control;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Tests.Control;

public sealed class MergeTests
{
    private static readonly ModelName Name = ModelName.Parse("m");

    [Fact]
    public void A_version_has_the_state_of_the_silo_where_it_is_farthest()
    {
        var order = new[]
        {
            VersionState.Ready, VersionState.Loading, VersionState.Draining, VersionState.Absent, VersionState.Failed, VersionState.Unloaded,
        };
        foreach (var (better, worse) in order.Zip(order.Skip(1)))
        {
            Assert.Equal(better, Assert.Single(Merge([Of(1, better)], [Of(1, worse)])).State);
            Assert.Equal(better, Assert.Single(Merge([Of(1, worse)], [Of(1, better)])).State);
        }
    }

    [Fact]
    public void Versions_are_ordered_by_name_and_number_and_the_first_reason_counts()
    {
        var merged = Merge(
            [Of(10, VersionState.Failed) with { Reason = "first" }, Of(2, VersionState.Ready)],
            [Of(10, VersionState.Failed) with { Reason = "second" }, new(ModelName.Parse("a"), new ModelVersion(3), VersionState.Absent, "")]);

        Assert.Equal(["a 3", "m 2", "m 10"], merged.Select(status => $"{status.Name} {status.Version}"));
        Assert.Equal("first", merged[^1].Reason);
    }

    [Fact]
    public void A_silo_without_any_version_of_a_model_does_not_count_where_others_have_one()
    {
        var empty = new ModelVersionStatus(Name, null, VersionState.Failed, "it has no version");

        Assert.Equal([Of(1, VersionState.Absent)], Merge([empty], [Of(1, VersionState.Absent)]));
        Assert.Equal([empty], Merge([empty], [empty]));
    }

    [Fact]
    public void What_was_decided_comes_before_what_silos_say()
    {
        var snapshot = FakeSnapshots.Of(
            1, FakeSnapshots.Version("m", 1, quarantine: "it took two silos down"), FakeSnapshots.Version("m", 2, unloaded: true),
            FakeSnapshots.Version("m", 3, unloaded: true));

        var merged = StatusMerge.Merge(
            [[Of(1, VersionState.Absent), Of(2, VersionState.Absent), Of(3, VersionState.Draining)]], snapshot);

        Assert.Equal(
            [(VersionState.Failed, "it took two silos down"), (VersionState.Unloaded, "unloaded"), (VersionState.Draining, "")],
            merged.Select(status => (status.State, status.Reason)));
    }

    [Fact]
    public void Counters_of_a_version_are_added_up()
    {
        var (one, two) = (FakeSnapshots.Id("m", 1), FakeSnapshots.Id("m", 2));
        var noon = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        ModelStatistics Read(ModelId id, int n, DateTimeOffset? last) => new()
        {
            Model = id,
            LastInference = last,
            InferenceCount = n,
            ExecutionCount = 10 * n,
            Success = new(n, 100 * n),
            Fail = new(2 * n, 1),
            Queue = new(3 * n, 1),
            ComputeInput = new(4 * n, 1),
            ComputeInfer = new(5 * n, 1),
            ComputeOutput = new(6 * n, 1),
            Batches = [new(n, new(n, 1), new(n, 2), new(n, 3)), new(8, new(1, 1), new(1, 1), new(1, 1))],
            MemoryBytes = 7 * n,
        };

        var sums = StatisticsSum.Of([Read(two, 5, null), Read(one, 1, noon), Read(one, 2, noon.AddHours(-1))]);

        Assert.Equal([one, two], sums.Select(sum => sum.Model));
        Assert.Equal((noon, 3L, 30L, 21L), (sums[0].LastInference!.Value, sums[0].InferenceCount, sums[0].ExecutionCount, sums[0].MemoryBytes));
        Assert.Equal(
            [new(3, 300), new(6, 2), new(9, 2), new(12, 2), new(15, 2), new(18, 2)],
            new[] { sums[0].Success, sums[0].Fail, sums[0].Queue, sums[0].ComputeInput, sums[0].ComputeInfer, sums[0].ComputeOutput });
        Assert.Equal(
            [new(1, new(1, 1), new(1, 2), new(1, 3)), new(2, new(2, 1), new(2, 2), new(2, 3)), new BatchStatistic(8, new(2, 2), new(2, 2), new(2, 2))],
            sums[0].Batches);
        Assert.Null(sums[1].LastInference);
        foreach (var earlier in (DateTimeOffset?[])[null, noon.AddHours(-1)])
        {
            Assert.Equal(noon, StatisticsSum.Of([Read(one, 1, earlier), Read(one, 1, noon)])[0].LastInference);
            Assert.Equal(noon, StatisticsSum.Of([Read(one, 1, noon), Read(one, 1, earlier)])[0].LastInference);
        }
    }

    [Fact]
    public void Metrics_of_silos_share_a_family_and_are_told_apart_by_a_label()
    {
        const string Text = "# HELP krewe_x x, with {a=\"b\"} 1\n# TYPE krewe_x gauge\nkrewe_x{model=\"m} 1\"} 1\n# HELP krewe_empty y\n# TYPE krewe_empty counter\n";
        const string Other = "# HELP krewe_y y\n# TYPE krewe_y histogram\nkrewe_y_sum 0.5\nkrewe_y_bucket{le=\"+Inf\"} 2\n";

        Assert.Equal(
            """
            # HELP krewe_x x, with {a="b"} 1
            # TYPE krewe_x gauge
            krewe_x{model="m} 1",silo="a"} 1
            krewe_x{model="m} 1",silo="b\\\""} 1
            # HELP krewe_empty y
            # TYPE krewe_empty counter
            # HELP krewe_y y
            # TYPE krewe_y histogram
            krewe_y_sum{silo="b\\\""} 0.5
            krewe_y_bucket{le="+Inf",silo="b\\\""} 2

            """,
            SiloMetrics.Merge([("a", Text), ("b\\\"", Text + Other)]));
    }

    private static ModelVersionStatus Of(long version, VersionState state) => new(Name, new ModelVersion(version), state, "");

    private static IReadOnlyList<ModelVersionStatus> Merge(params IReadOnlyList<ModelVersionStatus>[] lists) => StatusMerge.Merge(lists, ClusterSnapshot.Empty);
}
