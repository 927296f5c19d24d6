namespace Krewe.Cluster.Tests;

/// <summary>One link between two members answers with TCP resets, and all others are fine: nobody is dead.</summary>
public sealed class ResetLinkTests
{
    [Fact]
    public async Task Nobody_ends_and_no_call_is_lost_while_a_gateway_and_a_silo_reject_each_other()
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var load = cluster.StartLoad(NetworkedCluster.Pair);
        await load.WaitForAnswersAsync(500);
        await cluster.Network.CutAsync("gateway-1", "silo-2", LinkFault.Reset);
        await Task.Delay(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.True(await cluster.Network.HealAsync() > 0, "the cut met no packet");
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        await load.StopAsync();

        Summary.Say($"Resets on one link for 20 s, 12 callers: {load}");
        Assert.All(cluster.Programs.Silos.Concat(cluster.Programs.Gateways), static process => Assert.False(process.HasExited, process.Name));
        Assert.Empty(load.Failures);
    }
}
