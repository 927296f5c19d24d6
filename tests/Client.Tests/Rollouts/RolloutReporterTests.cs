using Krewe.Abstractions.Models;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;

namespace Krewe.Client.Tests.Rollouts;

public sealed class RolloutReporterTests : IDisposable
{
    private static readonly RolloutRoute Route = new("r", 0, new ModelVersion(1), new ModelVersion(2), Share.All, Share.None, ComparisonTolerance.Default);
    private readonly FakeCluster cluster = new(versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("m", 2)]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => cluster.Dispose();

    [Fact]
    public async Task Each_report_has_all_that_was_counted_and_none_is_left_out_for_having_nothing()
    {
        Show(Route);
        await cluster.Reporter.ReportAsync(Cancellation);
        await cluster.InferAsync("m");
        await cluster.Reporter.ReportAsync(Cancellation);

        var reports = cluster.ModelOf("m").Reports.ToArray();
        Assert.Equal(["r", "r"], reports.Select(report => report.Counts.Rollout));
        Assert.Empty(reports[0].Counts.Steps);
        Assert.Equal(1, reports[1].Counts.Steps[0].Canary.Requests);
        Assert.Equal(reports[0].Reporter, reports[1].Reporter);
        Assert.True(reports[1].Number > reports[0].Number);
    }

    [Fact]
    public async Task A_report_that_is_lost_is_in_the_next_one()
    {
        Show(Route);
        await cluster.InferAsync("m");
        cluster.ModelOf("m").Failures.Enqueue(new TimeoutException("no answer"));

        await cluster.Reporter.ReportAsync(Cancellation);
        await cluster.Reporter.ReportAsync(Cancellation);

        Assert.Equal(1, Assert.Single(cluster.ModelOf("m").Reports).Counts.Steps[0].Canary.Requests);
    }

    [Fact]
    public async Task After_its_end_a_rollout_is_reported_a_few_times_more_and_then_forgotten()
    {
        Show(Route);
        await cluster.InferAsync("m");
        await cluster.Reporter.ReportAsync(Cancellation);
        Show(null);

        for (var turn = 0; turn < 10; turn++)
        {
            await cluster.Reporter.ReportAsync(Cancellation);
        }

        Assert.InRange(cluster.ModelOf("m").Reports.Count, 2, 9);
        Assert.Empty(cluster.Tallies.Read("r"));
    }

    private void Show(RolloutRoute? rollout) =>
        cluster.Snapshots.Current = FakeSnapshots.With(cluster.Snapshots.Current, "m", new TrafficRoute { Rollout = rollout });
}
