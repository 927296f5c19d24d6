using System.Collections.Immutable;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Rollouts;
using Krewe.Rollouts.Counts;

namespace Krewe.Grains.Tests.Rollouts;

public sealed class CallReadingsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_last_report_of_each_process_counts_whatever_arrives_late()
    {
        var readings = new CallReadings("r").With(Report("a", 1, 10), Noon).With(Report("b", 7, 5), Noon).With(Report("a", 3, 30), Noon);

        Assert.Same(readings, readings.With(Report("a", 2, 20), Noon));
        Assert.Same(readings, readings.With(Report("a", 9, 90, "another"), Noon));
        Assert.Equal(35, readings.Sum()[0].Canary.Requests);
    }

    [Fact]
    public void They_come_back_as_they_were_stored_and_later_reports_go_on_from_there()
    {
        var stored = new CallReadings("r").With(Report("a", 3, 30), Noon).With(Report("b", 1, 5), Noon).ToState();

        var back = new CallReadings("r").With(Report("a", 4, 40), Noon).With(stored, Noon);

        Assert.Equal(45, back.Sum()[0].Canary.Requests);
        Assert.Empty(new CallReadings("other").With(stored, Noon).Sum());
    }

    [Fact]
    public void Processes_that_come_and_go_are_added_up_and_none_counts_twice()
    {
        var readings = new CallReadings("r");
        for (var process = 0; process < 500; process++)
        {
            readings = readings.With(Report($"p{process}", 1, 2), Noon + TimeSpan.FromSeconds(10 * process));
        }

        var after = readings.With(Report("p0", 2, 3), Noon + TimeSpan.FromHours(2));

        Assert.InRange(readings.Reports.Count, 1, CallReadings.MaxReports + 1);
        Assert.Equal(1000, readings.Sum()[0].Canary.Requests);
        Assert.Same(readings, after);
        Assert.Equal(1000, new CallReadings("r").With(readings.ToState(), Noon).Sum()[0].Canary.Requests);
    }

    private static CallReport Report(string reporter, long number, long requests, string rollout = "r") => new(
        reporter, number, new RolloutCounts(rollout, ImmutableSortedDictionary<int, StepCounts>.Empty.Add(
            0, StepCounts.Empty with { Canary = new ArmCounts(requests, 0, LatencyHistogram.Empty) })));
}
