using System.Diagnostics;
using Krewe.Grains.Tests.Cluster;
using Krewe.Grains.Tests.Rollouts;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Tests.Storm;

/// <summary>
/// Records which routes calls could take when. It polls all the time, so each route holds from the poll before its first to the first of the
/// next. Also keeps the tallies of all steps.
/// </summary>
internal sealed class RouteLog(TestSilo silo)
{
    private readonly List<Entry> entries = [];
    private readonly Dictionary<(string, int), (RolloutRoute Route, RolloutTally Tally)> steps = [];
    private long reads;

    /// <summary>How often another version came to serve.</summary>
    public int Switches { get; private set; }

    /// <summary>Polls until it is cancelled.</summary>
    public void Watch(CancellationToken stop)
    {
        for (var last = Stopwatch.GetTimestamp(); !stop.IsCancellationRequested; Thread.Yield())
        {
            var now = Stopwatch.GetTimestamp();
            if (Read() is { } route && (entries.Count == 0 || !ReferenceEquals(entries[^1].Route, route)))
            {
                Add(route, last);
            }

            last = now;
            Volatile.Write(ref reads, reads + 1);
        }
    }

    /// <summary>Done when what is so now has been seen.</summary>
    public async Task SeeAsync()
    {
        for (var seen = Volatile.Read(ref reads); Volatile.Read(ref reads) < seen + 2; await Task.Yield())
        {
        }
    }

    /// <summary>Whether some route that was in force during the call allows what became of it.</summary>
    public bool Allows(StormCall call) => call.Named > 0
        ? call.Named == call.Version
        : entries.Exists(entry => entry.From <= call.End && entry.Until >= call.Begin && entry.Versions.Contains(call.Version));

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

    private TrafficRoute? Read() => silo.Snapshots.Current.Models.GetValueOrDefault(ServedModel.Name)?.Traffic;

    private void Add(TrafficRoute route, long from)
    {
        if (route.Rollout is { } rollout)
        {
            steps.TryAdd((rollout.Id, rollout.Step), (rollout, silo.Get<RolloutTallies>().Of(rollout)));
        }

        var before = entries.Count == 0 ? default : entries[^1].Route.Aliases[ModelTraffic.Prod];
        Switches += before == route.Aliases[ModelTraffic.Prod] ? 0 : 1;
        if (entries.Count > 0)
        {
            entries[^1] = entries[^1] with { Until = Stopwatch.GetTimestamp() };
        }

        entries.Add(new Entry(route, from, long.MaxValue, VersionsOf(route)));
    }

    private sealed record Entry(TrafficRoute Route, long From, long Until, int[] Versions);
}
