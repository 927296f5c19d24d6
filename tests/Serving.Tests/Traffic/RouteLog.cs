using System.Diagnostics;
using Krewe.Rollouts;

namespace Krewe.Serving.Tests;

/// <summary>
/// Which routes were in force when, as one who changes them sees it: the new one from before the change, the old one until after it. And the
/// tallies of all steps there were.
/// </summary>
internal sealed class RouteLog
{
    private readonly TrafficFixture traffic;
    private readonly List<Entry> entries = [];
    private readonly Dictionary<(string, int), (RolloutRoute Route, RolloutTally Tally)> steps = [];
    private TrafficRoute current;

    public RouteLog(TrafficFixture traffic)
    {
        this.traffic = traffic;
        current = Read();
        entries.Add(new Entry(0, VersionsOf(current)));
    }

    /// <summary>Makes a change, if it is one.</summary>
    public async Task ChangeAsync(Func<Task> change)
    {
        var before = Stopwatch.GetTimestamp();
        await change();
        var route = Read();
        if (!ReferenceEquals(route, current))
        {
            current = route;
            entries[^1].Until = Stopwatch.GetTimestamp();
            entries.Add(new Entry(before, VersionsOf(route)));
        }
    }

    /// <summary>Whether some route that was in force during the call allows what became of it.</summary>
    public bool Allows(StormCall call)
    {
        if (call.Named > 0)
        {
            return call.Named == call.Version;
        }

        // Beginnings ascend, and so do ends.
        var index = entries.Count - 1;
        while (entries[index].From > call.End)
        {
            index--;
        }

        for (; index >= 0 && entries[index].Until >= call.Begin; index--)
        {
            if (entries[index].Versions.Contains(call.Version))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Every step's canary had its share of the step's calls to the call; how many steps there were, and calls in them. What was under way when its
    /// rollout ended, one call of each caller at most, may be counted nowhere.
    /// </summary>
    public (int Steps, long Calls, long Uncounted) AssertSharesAreExact(int callers)
    {
        var (count, calls, uncounted) = (0, 0L, 0L);
        foreach (var (route, tally) in steps.Values)
        {
            var (tickets, counts) = (tally.NextTicket(), tally.Read());
            Assert.Equal((0, 0), (counts.Serving.Errors, counts.Canary.Errors));
            if (tickets > 0)
            {
                var (missing, share) = (tickets - counts.Serving.Requests - counts.Canary.Requests, RouteChoice.Taken(route.Canary, tickets));
                Assert.InRange(missing, 0, callers);
                Assert.InRange(counts.Canary.Requests, share - missing, share);
                (count, calls, uncounted) = (count + 1, calls + tickets, uncounted + missing);
            }
        }

        return (count, calls, uncounted);
    }

    private static int[] VersionsOf(TrafficRoute route) => route.Rollout is not { } rollout ? [(int)route.Aliases[ModelTraffic.Prod].Number]
        : rollout.Canary == Share.All ? [(int)rollout.To.Number]
        : rollout.Canary == Share.None ? [(int)rollout.From.Number]
        : [(int)rollout.From.Number, (int)rollout.To.Number];

    private TrafficRoute Read()
    {
        var route = traffic.Serving.Get<ServedModels>().FindRoute(TrafficFixture.Model)!.Route;
        if (route.Rollout is { } rollout)
        {
            steps.TryAdd((rollout.Id, rollout.Step), (rollout, traffic.Tallies.Of(rollout)));
        }

        return route;
    }

    private sealed class Entry(long from, int[] versions)
    {
        public long From => from;

        public int[] Versions => versions;

        public long Until { get; set; } = long.MaxValue;
    }
}
