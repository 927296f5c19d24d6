using Krewe.Cluster.Tests.Setup;

namespace Krewe.Cluster.Tests.Networks;

/// <summary>
/// No call waits for a silo that cannot be reached: where a sibling replica serves there is an answer within two seconds, elsewhere
/// an answer or an honest refusal within five, and where another member reaches the silo, the call goes through it.
/// </summary>
[Trait("category", "long")]
public sealed class CallBoundTests
{
    private static readonly TimeSpan Alone = TimeSpan.FromSeconds(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silent_links_of_a_gateway_are_gone_round_and_taken_again_when_they_work()
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var silos = await WarmUpAsync(cluster);
        var (pair, single) = await StartLoadsAsync(cluster);
        foreach (var silo in silos)
        {
            await cluster.Network.CutAsync("gateway-1", silo, LinkFault.Silence);
        }

        await Task.Delay(TimeSpan.FromSeconds(15), Token);
        using var client = cluster.Programs.CreateClient();
        Assert.True(await RelayedAsync(client) > 100, "the calls of the only replica did not go through another silo");
        Assert.True(await cluster.Network.HealAsync() > 0, "the cut met no packet");
        var relayed = await RelayedAsync(client);
        await Calls.UntilAsync(
            async () =>
            {
                var before = relayed;
                await single.WaitForAnswersAsync(500);
                return (relayed = await RelayedAsync(client)) == before;
            },
            "the direct way is taken again");
        await StopAsync($"Silent links between a gateway and two silos for 15 s ({relayed:0} calls through another silo)", pair, single);

        Assert.Empty(single.Failures);
    }

    [Fact]
    public async Task Silos_that_stand_still_or_are_killed_while_the_database_does_keep_nobody_waiting()
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var silos = await WarmUpAsync(cluster);
        var (pair, single) = await StartLoadsAsync(cluster);
        await Task.WhenAll(silos.Select(cluster.Network.FreezeAsync));
        await Task.Delay(TimeSpan.FromSeconds(3), Token);
        await Task.WhenAll(silos.Select(cluster.Network.ThawAsync));
        await Task.Delay(TimeSpan.FromSeconds(3), Token);
        await StopAsync("Two of three silos stand still for 3 s", pair, single);

        (pair, single) = await StartLoadsAsync(cluster);
        await Task.WhenAll(silos.Select(cluster.Network.FreezeAsync));
        await Task.Delay(TimeSpan.FromSeconds(10), Token);
        await RestartAsync(cluster, silos);
        await StopAsync("Two of three silos stand still for 10 s, and are killed then", pair, single);

        silos = await WarmUpAsync(cluster);
        (pair, single) = await StartLoadsAsync(cluster);
        await cluster.Network.FreezeAsync(NetworkedCluster.Database);
        Array.ForEach(silos, silo => cluster.Process(silo).Kill());
        await Task.Delay(TimeSpan.FromSeconds(12), Token);
        await cluster.Network.ThawAsync(NetworkedCluster.Database);
        await Task.Delay(TimeSpan.FromSeconds(3), Token);
        await single.WaitForAnswersAsync(500);
        await StopAsync("Two of three silos killed while the database stands still for 12 s", pair, single);
    }

    private static async Task<(SteadyLoad Pair, SteadyLoad Single)> StartLoadsAsync(NetworkedCluster cluster)
    {
        var (pair, single) = (cluster.StartLoad(NetworkedCluster.Pair), cluster.StartLoad(NetworkedCluster.Single));
        await Task.WhenAll(pair.WaitForAnswersAsync(500), single.WaitForAnswersAsync(500));
        return (pair, single);
    }

    private static async Task RestartAsync(NetworkedCluster cluster, string[] silos)
    {
        foreach (var silo in silos)
        {
            cluster.Process(silo).Kill();
            await cluster.Network.ThawAsync(silo);
        }

        foreach (var silo in silos)
        {
            await cluster.Programs.StartSiloAsync(silo[^1] - '1');
        }
    }

    private static async Task StopAsync(string what, SteadyLoad pair, SteadyLoad single)
    {
        await pair.StopAsync();
        await single.StopAsync();
        Summary.Say($"{what}, 12 callers each: with a sibling {pair}; the only replica {single}");
        Assert.Empty(pair.Failures);
        Assert.InRange(pair.LongestCall, TimeSpan.Zero, NetworkedCluster.WithSibling);
        Assert.All(single.Failures, static failure => Assert.Contains(": 503 (retry after", failure, StringComparison.Ordinal));
        Assert.InRange(single.LongestCall, TimeSpan.Zero, Alone);
    }

    /// <summary>
    /// Loads all replicas. What comes back is the silo of the only replica, and that of one of the pair where those are two: placement
    /// gives each replica a silo of its own.
    /// </summary>
    private static async Task<string[]> WarmUpAsync(NetworkedCluster cluster)
    {
        foreach (var model in new[] { NetworkedCluster.Single, NetworkedCluster.Pair })
        {
            var load = cluster.StartLoad(model);
            // The circuit breaker may still be open from the case before.
            await load.WaitForAnswersAsync(1000);
            await load.StopAsync();
        }

        int[] pair = [];
        await Calls.UntilAsync(
            async () => (pair = await cluster.Programs.FindReplicasAsync(NetworkedCluster.Pair)) is [>= 0, >= 0] && pair[0] != pair[1],
            "both replicas are loaded, each on a silo of its own");
        var single = (await cluster.Programs.FindReplicasAsync(NetworkedCluster.Single)).Single();
        return [.. new[] { single, pair.Contains(single) ? single : pair[0] }.Distinct().Select(number => $"silo-{number + 1}")];
    }

    private static async Task<double> RelayedAsync(HttpClient client) =>
        (await Metrics.ReadAsync(client, "krewe_gateway_relayed_calls_total")).Single().Value;
}
