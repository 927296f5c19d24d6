using Krewe.Cluster.Tests.Setup;

namespace Krewe.Cluster.Tests.Networks;

/// <summary>One link between two members answers with TCP resets, and all others are fine: nobody is dead.</summary>
[Trait("category", "long")]
public sealed class ResetLinkTests
{
    private const string Gateway = "gateway-1", First = "the first replica's silo", Second = "the second's";

    [Fact]
    public Task Nobody_ends_while_a_gateway_and_a_silo_reject_each_other() => TimeLimit.HoldAsync(NetworkedCluster.WithSibling, async () =>
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var (load, silos) = await cluster.LoadPairAsync();
        await cluster.Network.CutAsync("gateway-1", silos[0], LinkFault.Reset);
        await PauseAsync(20);
        await MendAsync(cluster);
        await PauseAsync(5);
        await cluster.AssertHealthyAsync(load);
        return await NetworkedCluster.StopAsync("Resets on one link for 20 s", load);
    });

    [Theory]
    [InlineData(Gateway, First)]
    [InlineData(First, Gateway)]
    [InlineData(First, Second)]
    public Task Nobody_ends_when_one_direction_rejects_for_a_moment(string from, string to) => TimeLimit.HoldAsync(NetworkedCluster.WithSibling, async () =>
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var (load, silos) = await cluster.LoadPairAsync();
        await cluster.Network.CutOneWayAsync(NameOf(from, silos), NameOf(to, silos), LinkFault.Reset);
        await PauseAsync(0.3);
        await MendAsync(cluster);
        await PauseAsync(5);
        await cluster.AssertHealthyAsync(load);
        return await NetworkedCluster.StopAsync($"Resets from {from} to {to} for 0.3 s", load);
    });

    /// <summary>What was thought while the database was away counts for nothing when it is back and everybody is reached.</summary>
    [Theory]
    [InlineData(LinkFault.Reset)]
    [InlineData(LinkFault.Silence)]
    public Task No_verdict_is_carried_out_late(object fault) => TimeLimit.HoldAsync(NetworkedCluster.WithSibling, async () =>
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var (load, silos) = await cluster.LoadPairAsync();
        await cluster.Network.FreezeAsync(NetworkedCluster.Database);
        await PauseAsync(1);
        await cluster.Network.IsolateAsync(silos[0], (LinkFault)fault);
        await PauseAsync(12);
        await MendAsync(cluster);
        await PauseAsync(2);
        await cluster.Network.ThawAsync(NetworkedCluster.Database);
        await PauseAsync(10);
        await cluster.AssertHealthyAsync(load);
        return await NetworkedCluster.StopAsync($"Database frozen, and a silo cut off by {fault} for 12 s meanwhile", load);
    });

    private static string NameOf(string member, string[] silos) => member switch { First => silos[0], Second => silos[1], _ => member };

    private static async Task MendAsync(NetworkedCluster cluster) => Assert.True(await cluster.Network.HealAsync() > 0, "the cut met no packet");

    private static Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
}
