using Krewe.Abstractions.Hosting;
using Krewe.Grains.Demand;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Grains.Replicas;
using Krewe.Grains.Tests.Cluster;
using Krewe.Grains.Tests.Replicas;
using Orleans.Runtime.Placement;

namespace Krewe.Grains.Tests.Demand;

public sealed class DemandTests
{
    [Fact]
    public async Task A_version_under_pressure_grows_to_its_most_on_silos_of_their_own_and_shrinks_again()
    {
        await using var cluster = await TestCluster.StartAsync(3, node => node.Add("m", min: 0, max: 3), options =>
        {
            options.DemandInterval = TimeSpan.FromMilliseconds(50);
            options.ScaleDownDelay = TimeSpan.FromSeconds(2);
        });
        await ReplicaGrainTests.CallAsync(cluster[0], "m");
        Array.ForEach([.. cluster.Silos], silo => silo.Node.SetQueue("m", 20));
        await cluster.UntilAsync(() => cluster[0].Get<ReplicaRegistry>().CountOf(FakeNode.Id("m")) == 3
            && cluster[1].Get<ReplicaRegistry>().CountOf(FakeNode.Id("m")) == 3
            && cluster[2].Get<ReplicaRegistry>().CountOf(FakeNode.Id("m")) == 3);
        Assert.Equal(3, new[] { 0, 1, 2 }.Select(index => cluster.Home("m", index)).Distinct().Count());
        Assert.All(cluster.Silos, silo => Assert.True(silo.Node.IsLoaded("m")));

        var reply = await cluster[0].Replica("m", 2).LoadAsync();
        Assert.Equal(3, reply.Replicas);

        Array.ForEach([.. cluster.Silos], silo => silo.Node.SetQueue("m", 0));
        await cluster.UntilAsync(() => cluster.Home("m", 2) is null && cluster.Home("m", 1) is null);
        await cluster.UntilAsync(() => cluster.Silos.Count(silo => silo.Node.IsLoaded("m")) == 1);
        Assert.NotNull(cluster.Home("m"));
        await cluster.UntilAsync(() => cluster.Home("m")!.Get<ReplicaRegistry>().CountOf(FakeNode.Id("m")) == 1);
    }

    [Fact]
    public async Task A_new_replica_counts_only_once_it_is_loaded()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m", min: 0, max: 2), options =>
            options.DemandInterval = TimeSpan.FromMilliseconds(50));
        await ReplicaGrainTests.CallAsync(cluster[0], "m");
        var home = cluster.Home("m")!;
        var other = cluster.Silos.Single(silo => silo != home);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        other.Node.OnLoad = _ =>
        {
            entered.SetResult();
            return release.Task;
        };
        home.Node.SetQueue("m", 20);
        await entered.Task;
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(1, (await home.Version("m").ReportAsync(Report(home))).Count);
            await Task.Delay(30, TestContext.Current.CancellationToken);
        }

        release.SetResult();
        await cluster.UntilAsync(() => home.Get<ReplicaRegistry>().CountOf(FakeNode.Id("m")) == 2);
    }

    [Fact]
    public async Task The_least_replicas_are_loaded_without_a_call_and_again_where_their_silo_has_died()
    {
        await using var cluster = await TestCluster.StartAsync(3, node => node.Add("m", min: 2, max: 3));
        await cluster.UntilAsync(() => Loaded(cluster) == 2 && cluster.Home("m", 1) is { } one && cluster.Home("m") is { } other && one != other);
        var victim = cluster.Home("m", 1)!;
        await cluster.KillAsync(victim);
        await cluster.UntilAsync(() => Loaded(cluster) == 2 && cluster.Home("m", 1) is not null && cluster.Home("m") is not null);
    }

    [Fact]
    public async Task Replicas_that_came_to_one_silo_by_mistake_spread()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m"), options => options.DemandInterval = TimeSpan.FromMilliseconds(50));
        foreach (var index in new[] { 0, 1 })
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, cluster[0].Address);
            await ReplicaGrainTests.CallAsync(cluster[0], "m", index);
            RequestContext.Clear();
            Assert.Equal(cluster[0], cluster.Home("m", index));
            cluster[0].Get<ReplicaRegistry>().Learn(FakeNode.Id("m"), 2);
        }

        await cluster.UntilAsync(() => cluster.Home("m") == cluster[0] && cluster.Home("m", 1) == cluster[1]);
        Assert.True(cluster[1].Node.IsLoaded("m"));
    }

    [Fact]
    public void A_replica_that_is_alone_and_calm_says_so_once_and_then_nothing()
    {
        var samples = new QueueSamples();
        var range = new ReplicaRange(0, 4);
        samples.Add(3);
        Assert.True(samples.IsDue(0, 1, range));
        samples.Reset();
        samples.Add(0);
        Assert.True(samples.IsDue(0, 1, range));
        samples.Reset();
        for (var i = 0; i < 20; i++)
        {
            samples.Add(0);
            Assert.False(samples.IsDue(0, 1, range));
        }

        Assert.True(samples.IsDue(1, 1, range));
        Assert.True(samples.IsDue(0, 2, range));
        Assert.False(samples.IsDue(0, 2, new ReplicaRange(2, 4)));
    }

    private static int Loaded(TestCluster cluster) => cluster.Silos.Count(silo => !silo.IsOver && silo.Node.IsLoaded("m"));

    private static ReplicaReport Report(TestSilo silo) => new(0, silo.Address.ToParsableString(), 0, 0, new ReplicaRange(0, 2));
}
