using System.Diagnostics;
using System.Text.Json;
using Krewe.Cluster.Tests.Setup;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Rollouts;

/// <summary><c>kill -9</c> of the silo that conducts a rollout, again and again.</summary>
[Trait("category", "long")]
public sealed class KilledConductorTests(SharedServer database)
{
    private const int Kills = 25;
    private const int Callers = 8;
    private static readonly string[] Ends = ["PROMOTED", "ROLLED_BACK", "ABORTED"];

    [Fact]
    public async Task What_was_acknowledged_is_never_lost_and_goes_on_and_no_call_fails()
    {
        using var models = RolledModel.CreateFolder();
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = models.Path });
        await using var outside = await OutsideClient.StartAsync(database.ConnectionString, cluster);
        using var model = new RolledModel(cluster);
        await model.PutAsync("aliases/prod", """{"version":1}""");
        var load = SteadyLoad.Start(cluster.GatewayAddresses[0], Calls.InferPath(RolledModel.Name), Calls.Linear, Callers);
        await load.WaitForAnswersAsync(100);

        var (random, watch, ends) = (Replay.Random(), Stopwatch.StartNew(), new List<string>());
        var acknowledged = Observe(await model.PutAsync("rollout", RolledModel.Canary(2)), await model.HistoryAsync());
        var restarting = Task.CompletedTask;
        for (var kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(random.Next(1000), TestContext.Current.CancellationToken);
            acknowledged = await MoveAsync(model, acknowledged, random, ends);
            await restarting;
            await WaitUntilWholeAsync(cluster);
            var home = await FindHomeAsync(outside, cluster);
            cluster.Silos[home].Kill();
            await cluster.Silos[home].WaitForExitAsync();
            restarting = cluster.StartSiloAsync(home);
            acknowledged = await VerifyAsync(model, acknowledged);
        }

        await restarting;

        await Calls.UntilAsync(async () => IsOver((acknowledged = await VerifyAsync(model, acknowledged)).Rollout), "the end of the last rollout");
        ends.Add(acknowledged.Rollout.GetProperty("phase").GetString()!);
        await load.StopAsync();

        Summary.Say($"The conductor's silo killed {Kills} times in {watch.Elapsed.TotalSeconds:0} s, {ends.Count} rollouts, {acknowledged.History.Length} changes: {load}");
        Assert.Empty(load.Failures);
        Assert.True(ends.Count > 1, "no rollout came to its end between the kills");
        Assert.DoesNotContain("ROLLED_BACK", ends);
    }

    /// <summary>Begins another rollout where the last one is over, else does what an operator may do at any time.</summary>
    private static async Task<Observed> MoveAsync(RolledModel model, Observed before, Random random, List<string> ends)
    {
        var now = await VerifyAsync(model, before);
        if (IsOver(now.Rollout))
        {
            ends.Add(now.Rollout.GetProperty("phase").GetString()!);
            var serving = (await model.GetAsync("aliases")).GetProperty("aliases").GetProperty("prod").GetProperty("version").GetString();
            return Observe(await model.PutAsync("rollout", RolledModel.Canary(serving == "1" ? 2 : 1)), await model.HistoryAsync());
        }

        // Between the look and the word it may have come to its last step, where there is nothing to pause.
        return random.Next(3) == 0 && await model.TryPatchAsync("rollout", """{"action":"pause"}""") && await model.TryPatchAsync("rollout", """{"action":"resume"}""")
            ? Observe(await model.GetAsync("rollout"), await model.HistoryAsync())
            : now;
    }

    private static async Task<int> FindHomeAsync(OutsideClient outside, TestCluster cluster)
    {
        int? home = null;
        await Calls.UntilAsync(async () => (home = await outside.FindHomeAsync(cluster, RolledModel.Name)) is not null, "the silo of the model's grain");
        return home!.Value;
    }

    /// <summary>One silo at a time: the engine needs a moment to learn what a silo that has just come back offers.</summary>
    private static Task WaitUntilWholeAsync(TestCluster cluster) => Calls.UntilAsync(
        async () => (await cluster.DescribeAsync()).GetProperty("silos").EnumerateArray().Count(static silo => silo.GetProperty("state").GetString() == "READY") == cluster.Silos.Length,
        "all silos to be seen again");

    /// <summary>What there is now begins with all that was there before, and the rollout is where it was, or farther.</summary>
    private static async Task<Observed> VerifyAsync(RolledModel model, Observed before)
    {
        var now = Observe(await model.GetAsync("rollout"), await model.HistoryAsync());
        Assert.Equal(before.History, now.History.Take(before.History.Length));
        Assert.Equal(Enumerable.Range(1, now.History.Length), now.History.Select(static entry => int.Parse(entry.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(before.Rollout.GetProperty("id").GetString(), now.Rollout.GetProperty("id").GetString());
        Assert.True(Place(now.Rollout) >= Place(before.Rollout), $"it went back:\n{before.Rollout}\n{now.Rollout}");
        return now;
    }

    private static Observed Observe(JsonElement rollout, string[] history) => new(rollout, history);

    private static bool IsOver(JsonElement rollout) => Ends.Contains(rollout.GetProperty("phase").GetString());

    private static int Place(JsonElement rollout) => rollout.GetProperty("phase").GetString() switch
    {
        "WARMING" => 0,
        "RUNNING" or "PAUSED" => rollout.GetProperty("step").GetProperty("number").GetInt32(),
        "KEEPING_WARM" => 100,
        _ => 101,
    };

    private sealed record Observed(JsonElement Rollout, string[] History);
}
