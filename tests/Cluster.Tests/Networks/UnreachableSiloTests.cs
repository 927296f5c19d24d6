using System.Diagnostics;
using Krewe.Cluster.Tests.Setup;

namespace Krewe.Cluster.Tests.Networks;

/// <summary>
/// A silo that nobody reaches may be declared dead, and then ends in order and can be started again; nobody else ends.
/// </summary>
[Trait("category", "long")]
public sealed class UnreachableSiloTests
{
    /// <summary>Three missed probes of up to 2 s, the one through another member of up to 4 s, and the last look; see docs/internals.md.</summary>
    private static readonly TimeSpan DetectionBound = TimeSpan.FromSeconds(15);

    [Fact]
    public Task A_silo_cut_off_from_everybody_ends_alone() => TimeLimit.HoldAsync(NetworkedCluster.WithSibling, async () =>
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var (load, silo) = await WarmAsync(cluster);
        await cluster.Network.IsolateAsync(silo);
        await PauseAsync(20);
        Assert.True(await cluster.Network.HealAsync() > 0, "the cut met no packet");
        await PauseAsync(5);
        await cluster.AssertHealthyAsync(load, silo);
        var longest = await NetworkedCluster.StopAsync("A silo cut off from everybody for 20 s", load);
        await AssertJoinsAgainAsync(cluster, silo);
        return longest;
    });

    [Fact]
    public Task A_silo_cut_off_from_the_database_alone_stays() => TimeLimit.HoldAsync(NetworkedCluster.WithSibling, async () =>
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var (load, silo) = await WarmAsync(cluster);
        await cluster.Network.CutAsync(silo, NetworkedCluster.Database, LinkFault.Silence);
        await PauseAsync(45);
        Assert.True(await cluster.Network.HealAsync() > 0, "the cut met no packet");
        await PauseAsync(5);
        await cluster.AssertHealthyAsync(load);
        return await NetworkedCluster.StopAsync("A silo cut off from the database for 45 s", load);
    });

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(30)]
    public Task A_silo_that_is_paused_ends_alone_if_at_all(int seconds) => TimeLimit.HoldAsync(NetworkedCluster.WithSibling, async () =>
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var (load, silo) = await WarmAsync(cluster);
        await cluster.Network.FreezeAsync(silo);
        await PauseAsync(seconds);
        await cluster.Network.ThawAsync(silo);
        await PauseAsync(5);
        await cluster.AssertHealthyAsync(load, seconds > 3 ? [silo] : []);
        var longest = await NetworkedCluster.StopAsync($"A silo paused for {seconds} s, its status is {await cluster.ReadStatusAsync(silo)}", load);
        if (seconds > DetectionBound.TotalSeconds)
        {
            await AssertJoinsAgainAsync(cluster, silo);
        }
        return longest;
    });

    [Fact]
    public Task A_silo_whose_machine_is_gone_is_out_within_the_bound() => TimeLimit.HoldAsync(NetworkedCluster.WithSibling, async () =>
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var (load, silo) = await WarmAsync(cluster);
        var clock = Stopwatch.StartNew();
        await cluster.TakeAwayAsync(silo);
        await Calls.UntilAsync(async () => await cluster.ReadStatusAsync(silo) == 6, "declared dead");
        var gone = clock.Elapsed;
        await cluster.AssertHealthyAsync(load, silo);
        await load.WaitForAnswersAsync(100);
        var longest = await NetworkedCluster.StopAsync($"A silo's machine gone: out after {gone.TotalSeconds:0.0} s", load);
        Assert.InRange(gone, TimeSpan.Zero, DetectionBound);
        return longest;
    });

    private static async Task<(SteadyLoad Load, string Silo)> WarmAsync(NetworkedCluster cluster)
    {
        var (load, silos) = await cluster.LoadPairAsync();
        cluster.Process(silos[0]).MayBeDeclaredDead = true;
        return (load, silos[0]);
    }

    private static async Task AssertJoinsAgainAsync(NetworkedCluster cluster, string silo)
    {
        Assert.Equal(ProgramProcess.DeclaredDead, await cluster.Process(silo).WaitForExitAsync());
        await cluster.Programs.StartSiloAsync(silo[^1] - '1');
        Assert.Equal(3, await cluster.ReadStatusAsync(silo));
    }

    private static Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
}
