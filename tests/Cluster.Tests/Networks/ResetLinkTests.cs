namespace Krewe.Cluster.Tests;

/// <summary>One link between two members answers with TCP resets, and all others are fine: nobody is dead.</summary>
public sealed class ResetLinkTests
{
    [Fact]
    public async Task Nobody_ends_while_a_gateway_and_a_silo_reject_each_other()
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var load = await WarmAsync(cluster);
        await cluster.Network.CutAsync("gateway-1", "silo-2", LinkFault.Reset);
        await PauseAsync(20);
        await MendAsync(cluster);
        await PauseAsync(5);
        await load.StopAsync();

        Summary.Say($"Resets on one link for 20 s: {load}");
        await cluster.AssertHealthyAsync(load);
    }

    [Theory]
    [InlineData("gateway-1", "silo-2")]
    [InlineData("silo-2", "gateway-1")]
    [InlineData("silo-1", "silo-2")]
    public async Task Nobody_ends_when_one_direction_rejects_for_a_moment(string from, string to)
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var load = await WarmAsync(cluster);
        await cluster.Network.CutOneWayAsync(from, to, LinkFault.Reset);
        await PauseAsync(0.3);
        await MendAsync(cluster);
        await PauseAsync(5);
        await load.StopAsync();

        Summary.Say($"Resets from {from} to {to} for 0.3 s: {load}");
        await cluster.AssertHealthyAsync(load);
    }

    /// <summary>What was thought while the database was away counts for nothing when it is back and everybody is reached.</summary>
    [Theory]
    [InlineData(LinkFault.Reset)]
    [InlineData(LinkFault.Silence)]
    public async Task No_verdict_is_carried_out_late(object fault)
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var load = await WarmAsync(cluster);
        await cluster.Network.FreezeAsync(NetworkedCluster.Database);
        await PauseAsync(1);
        await cluster.Network.IsolateAsync("silo-2", (LinkFault)fault);
        await PauseAsync(12);
        await MendAsync(cluster);
        await PauseAsync(2);
        await cluster.Network.ThawAsync(NetworkedCluster.Database);
        await PauseAsync(10);
        await load.StopAsync();

        Summary.Say($"Database frozen, and silo 2 cut off by {fault} for 12 s meanwhile: {load}");
        await cluster.AssertHealthyAsync(load);
    }

    private static async Task<SteadyLoad> WarmAsync(NetworkedCluster cluster)
    {
        var load = cluster.StartLoad(NetworkedCluster.Pair);
        await load.WaitForAnswersAsync(500);
        return load;
    }

    private static async Task MendAsync(NetworkedCluster cluster) => Assert.True(await cluster.Network.HealAsync() > 0, "the cut met no packet");

    private static Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
}
