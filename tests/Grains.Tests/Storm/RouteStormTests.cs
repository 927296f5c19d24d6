using System.Diagnostics;
using System.Globalization;
using Krewe.Grains.Tests.Rollouts;
using Krewe.Rollouts.Control;

namespace Krewe.Grains.Tests.Storm;

/// <summary>
/// Many callers on one silo while routes change all the time: nobody fails, nobody is answered by a version that no route allowed between the
/// beginning and the end of the call, and every step's share is exact to the call. KREWE_STORM_CALLS sets how many calls there are at least.
/// </summary>
[Trait("category", "long")]
public sealed class RouteStormTests
{
    private const int Callers = 64;
    private const int Switches = 100;
    private const int Versions = 4;
    private static readonly int Calls = int.Parse(Environment.GetEnvironmentVariable("KREWE_STORM_CALLS") ?? "1000000", CultureInfo.InvariantCulture);

    [Fact]
    public async Task No_call_is_lost_or_goes_where_no_route_sends_it()
    {
        var seed = Replay.Seed();
        await using var served = await ServedModel.StartAsync(1, [.. Enumerable.Range(1, Versions)]);
        var log = new RouteLog(served.Cluster[0]);
        var operators = new StormOperator(served.Cluster[0].Get<IRolloutControl>(), log, Versions, new Random(seed));
        await operators.SetProdAsync(1);
        using var stop = new CancellationTokenSource();
        var watching = Task.Factory.StartNew(() => log.Watch(stop.Token), TaskCreationOptions.LongRunning);
        await log.SeeAsync();
        var made = 0;
        var clock = Stopwatch.StartNew();

        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallAsync(served, new Random(seed + 1 + caller), () => Interlocked.Increment(ref made), stop.Token))).ToArray();
        while ((Volatile.Read(ref made) < Calls || log.Switches < Switches) && !callers.Any(static caller => caller.IsCompleted))
        {
            await operators.ActAsync();
        }

        await stop.CancelAsync();
        await watching;
        var calls = (await Task.WhenAll(callers)).SelectMany(static calls => calls).ToArray();
        clock.Stop();

        Assert.All(calls, call => Assert.True(log.Allows(call), $"version {call.Version} answered, and no route allowed it"));
        Assert.True(calls.Length >= Calls && log.Switches >= Switches);
        var (steps, tickets, uncounted) = log.AssertSharesAreExact(Callers);
        Assert.True(steps > 20, $"only {steps} steps had calls: the shares were hardly tried");
        TestContext.Current.SendDiagnosticMessage(
            $"{calls.Length} calls in {clock.Elapsed.TotalSeconds:0.0} s, {log.Switches} switches, {operators.Actions}; "
            + $"{steps} steps with {tickets} calls, of which {uncounted} were under way when their rollout ended");
    }

    private static async Task<List<StormCall>> CallAsync(ServedModel served, Random random, Action count, CancellationToken stop)
    {
        var calls = new List<StormCall>(Calls / Callers * 2);
        while (!stop.IsCancellationRequested)
        {
            var named = random.Next(20) == 0 ? random.Next(1, Versions + 1) : 0;
            var begin = Stopwatch.GetTimestamp();
            var version = await served.CallAsync(0, named > 0 ? $"{named}" : random.Next(10) == 0 ? "prod" : null);
            calls.Add(new StormCall(begin, Stopwatch.GetTimestamp(), (int)version, named));
            count();
        }

        return calls;
    }
}
