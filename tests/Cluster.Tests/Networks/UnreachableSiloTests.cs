using System.Diagnostics;

namespace Krewe.Cluster.Tests;

/// <summary>
/// A silo that nobody reaches may be declared dead, and then ends in order and can be started again; nobody else ends.
/// </summary>
public sealed class UnreachableSiloTests
{
    private const string Silo = "silo-2";

    /// <summary>Three missed probes of up to 2 s, the one through another member of up to 4 s, and the last look; see docs/architecture.md.</summary>
    private static readonly TimeSpan DetectionBound = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_silo_cut_off_from_everybody_ends_alone()
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var load = await WarmAsync(cluster);
        await cluster.Network.IsolateAsync(Silo);
        await PauseAsync(20);
        Assert.True(await cluster.Network.HealAsync() > 0, "the cut met no packet");
        await PauseAsync(5);
        await load.StopAsync();

        Summary.Say($"A silo cut off from everybody for 20 s: {load}");
        await cluster.AssertHealthyAsync(load, Silo);
        await AssertJoinsAgainAsync(cluster);
    }

    [Fact]
    public async Task A_silo_cut_off_from_the_database_alone_stays()
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var load = await WarmAsync(cluster);
        await cluster.Network.CutAsync(Silo, NetworkedCluster.Database, LinkFault.Silence);
        await PauseAsync(45);
        Assert.True(await cluster.Network.HealAsync() > 0, "the cut met no packet");
        await PauseAsync(5);
        await load.StopAsync();

        Summary.Say($"A silo cut off from the database for 45 s: {load}");
        await cluster.AssertHealthyAsync(load);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(30)]
    public async Task A_silo_that_is_paused_ends_alone_if_at_all(int seconds)
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var load = await WarmAsync(cluster);
        await cluster.Network.FreezeAsync(Silo);
        await PauseAsync(seconds);
        await cluster.Network.ThawAsync(Silo);
        await PauseAsync(5);
        await load.StopAsync();

        Summary.Say($"A silo paused for {seconds} s: {load}, its status is {await cluster.ReadStatusAsync(Silo)}");
        await cluster.AssertHealthyAsync(load, seconds > 3 ? [Silo] : []);
        if (seconds > DetectionBound.TotalSeconds)
        {
            await AssertJoinsAgainAsync(cluster);
        }
    }

    [Fact]
    public async Task A_silo_whose_machine_is_gone_is_out_within_the_bound()
    {
        await using var cluster = await NetworkedCluster.StartAsync();
        var load = await WarmAsync(cluster);
        var clock = Stopwatch.StartNew();
        await cluster.TakeAwayAsync(Silo);
        await Calls.UntilAsync(async () => await cluster.ReadStatusAsync(Silo) == 6, "declared dead");
        var gone = clock.Elapsed;
        await load.WaitForAnswersAsync(100);
        await load.StopAsync();

        Summary.Say($"A silo's machine gone: out after {gone.TotalSeconds:0.0} s; {load}");
        Assert.InRange(gone, TimeSpan.Zero, DetectionBound);
        await cluster.AssertHealthyAsync(load, Silo);
    }

    private static async Task<SteadyLoad> WarmAsync(NetworkedCluster cluster)
    {
        cluster.Process(Silo).MayBeDeclaredDead = true;
        var load = cluster.StartLoad(NetworkedCluster.Pair);
        await load.WaitForAnswersAsync(500);
        return load;
    }

    private static async Task AssertJoinsAgainAsync(NetworkedCluster cluster)
    {
        Assert.Equal(ProgramProcess.DeclaredDead, await cluster.Process(Silo).WaitForExitAsync());
        await cluster.Programs.StartSiloAsync(1);
        Assert.Equal(3, await cluster.ReadStatusAsync(Silo));
    }

    private static Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
}
