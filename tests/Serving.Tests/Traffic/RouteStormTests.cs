using System.Diagnostics;
using System.Globalization;

namespace Krewe.Serving.Tests;

/// <summary>
/// Many callers while routes change all the time: nobody fails, nobody is answered by a version that no route allowed between the beginning and
/// the end of the call, and every step's share is exact to the call. KREWE_STORM_CALLS sets how many calls there are at least.
/// </summary>
[Collection(Alone.Name)]
public sealed class RouteStormTests
{
    private const int Callers = 64;
    private const int Switches = 200;
    private const int Versions = 4;
    private static readonly int Calls = int.Parse(Environment.GetEnvironmentVariable("KREWE_STORM_CALLS") ?? "1000000", CultureInfo.InvariantCulture);

    [Fact]
    public async Task No_call_is_lost_or_goes_where_no_route_sends_it()
    {
        await using var traffic = await new TrafficFixture().StartAsync(Versions);
        await traffic.SetAliasAsync("prod", 1);
        var log = new RouteLog(traffic);
        var made = 0;
        using var stop = new CancellationTokenSource();
        var clock = Stopwatch.StartNew();

        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallAsync(traffic, caller, () => Interlocked.Increment(ref made), stop.Token))).ToArray();
        var operators = new StormOperator(traffic, log, Versions);
        while ((Volatile.Read(ref made) < Calls || operators.Switches < Switches) && !callers.Any(static caller => caller.IsCompleted))
        {
            await operators.ActAsync();
        }

        await stop.CancelAsync();
        var calls = (await Task.WhenAll(callers)).SelectMany(static calls => calls).ToArray();
        clock.Stop();

        Assert.All(calls, call => Assert.True(log.Allows(call), $"version {call.Version} answered, and no route allowed it"));
        Assert.True(calls.Length >= Calls && operators.Switches >= Switches);
        var (steps, tickets, uncounted) = log.AssertSharesAreExact(Callers);
        Assert.True(steps > 50, $"only {steps} steps had calls: the shares were hardly tried");
        TestContext.Current.SendDiagnosticMessage(
            $"{calls.Length} calls in {clock.Elapsed.TotalSeconds:0.0} s, {operators.Switches} switches, {operators.Actions}; "
            + $"{steps} steps with {tickets} calls, of which {uncounted} were under way when their rollout ended");
    }

    private static async Task<List<StormCall>> CallAsync(TrafficFixture traffic, int caller, Action count, CancellationToken stop)
    {
        var calls = new List<StormCall>(Calls / Callers * 2);
        var random = new Random(caller);
        while (!stop.IsCancellationRequested)
        {
            var named = random.Next(20) == 0 ? random.Next(1, Versions + 1) : 0;
            var begin = Stopwatch.GetTimestamp();
            var version = await traffic.CallAsync(named > 0 ? $"{named}" : random.Next(10) == 0 ? "prod" : null);
            calls.Add(new StormCall(begin, Stopwatch.GetTimestamp(), (int)version, named));
            count();
        }

        return calls;
    }
}
