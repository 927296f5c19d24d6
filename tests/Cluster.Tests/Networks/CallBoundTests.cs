namespace Krewe.Cluster.Tests;

/// <summary>
/// No call waits for a silo that cannot be reached: where a sibling replica serves there is an answer within two seconds, elsewhere
/// an answer or an honest refusal within five, and where another member reaches the silo, the call goes through it.
/// </summary>
public sealed class CallBoundTests
{
    private static readonly TimeSpan WithSibling = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Alone = TimeSpan.FromSeconds(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_silent_link_between_a_gateway_and_a_silo_is_gone_round_and_taken_again_when_it_works()
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var silo = await WarmUpAsync(cluster);
        var (pair, single) = (cluster.StartLoad(NetworkedCluster.Pair), cluster.StartLoad(NetworkedCluster.Single));
        await single.WaitForAnswersAsync(500);

        await cluster.Network.CutAsync("gateway-1", silo, LinkFault.Silence);
        await Task.Delay(TimeSpan.FromSeconds(15), Token);
        using var client = cluster.Programs.CreateClient();
        Assert.True(await RelayedAsync(client) > 100, "the calls of the only replica did not go through another silo");
        Assert.True(await cluster.Network.HealAsync() > 0, "the cut met no packet");
        await Task.Delay(TimeSpan.FromSeconds(10), Token);
        var relayed = await RelayedAsync(client);
        await single.WaitForAnswersAsync(500);
        Assert.Equal(relayed, await RelayedAsync(client));
        await pair.StopAsync();
        await single.StopAsync();

        Summary.Say($"One silent link for 15 s, 12 callers each: with a sibling {pair}; the only replica {single}, {relayed:0} calls through another silo");
        Assert.Empty(pair.Failures);
        Assert.Empty(single.Failures);
        Assert.InRange(pair.LongestCall, TimeSpan.Zero, WithSibling);
        Assert.InRange(single.LongestCall, TimeSpan.Zero, WithSibling);
    }

    [Fact]
    public async Task A_silo_that_stands_still_keeps_nobody_waiting()
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var silo = await WarmUpAsync(cluster);
        foreach (var seconds in new[] { 3, 10 })
        {
            var (pair, single) = (cluster.StartLoad(NetworkedCluster.Pair), cluster.StartLoad(NetworkedCluster.Single));
            await single.WaitForAnswersAsync(500);
            await cluster.Network.FreezeAsync(silo);
            await Task.Delay(TimeSpan.FromSeconds(seconds), Token);
            await cluster.Network.ThawAsync(silo);
            await Task.Delay(TimeSpan.FromSeconds(3), Token);
            await pair.StopAsync();
            await single.StopAsync();

            Summary.Say($"A silo stands still for {seconds} s: with a sibling {pair}; the only replica {single}");
            AssertBounds(pair, single);
        }
    }

    [Fact]
    public async Task A_silo_killed_while_the_database_stands_still_keeps_nobody_waiting()
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var silo = await WarmUpAsync(cluster);
        var (pair, single) = (cluster.StartLoad(NetworkedCluster.Pair), cluster.StartLoad(NetworkedCluster.Single));
        await single.WaitForAnswersAsync(500);
        await cluster.Network.FreezeAsync(NetworkedCluster.Database);
        cluster.Process(silo).Kill();
        await Task.Delay(TimeSpan.FromSeconds(12), Token);
        await cluster.Network.ThawAsync(NetworkedCluster.Database);
        await Task.Delay(TimeSpan.FromSeconds(3), Token);
        await single.WaitForAnswersAsync(500);
        await pair.StopAsync();
        await single.StopAsync();

        Summary.Say($"A silo killed while the database stands still for 12 s: with a sibling {pair}; the only replica {single}");
        AssertBounds(pair, single);
    }

    private static void AssertBounds(SteadyLoad pair, SteadyLoad single)
    {
        Assert.Empty(pair.Failures);
        Assert.InRange(pair.LongestCall, TimeSpan.Zero, WithSibling);
        Assert.All(single.Failures, static failure => Assert.Contains(": 503 (retry after", failure, StringComparison.Ordinal));
        Assert.InRange(single.LongestCall, TimeSpan.Zero, Alone);
    }

    /// <summary>Loads all replicas; the silo of the one that has no sibling.</summary>
    private static async Task<string> WarmUpAsync(NetworkedCluster cluster)
    {
        foreach (var model in new[] { NetworkedCluster.Single, NetworkedCluster.Pair })
        {
            var load = cluster.StartLoad(model);
            await load.WaitForAnswersAsync(2000);
            await load.StopAsync();
            Assert.Empty(load.Failures);
        }

        await Calls.UntilAsync(async () => (await cluster.Programs.FindReplicasAsync(NetworkedCluster.Pair)) is [>= 0, >= 0], "both replicas are loaded");
        return $"silo-{(await cluster.Programs.FindReplicasAsync(NetworkedCluster.Single)).Single() + 1}";
    }

    private static async Task<double> RelayedAsync(HttpClient client) =>
        (await Metrics.ReadAsync(client, "krewe_gateway_relayed_calls_total")).Single().Value;
}
