using Krewe.Abstractions.Errors;
using Krewe.Client.Endpoints;
using Krewe.Client.Settings;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Processes;

namespace Krewe.Client.Tests.Routing;

/// <summary>A link from this process to one silo is broken, and other silos reach it.</summary>
public sealed class RelayTests
{
    [Fact]
    public async Task A_replica_that_cannot_be_reached_is_called_through_a_silo_that_can_reach_it()
    {
        using var cluster = new FakeCluster(Hasten, versions: FakeSnapshots.Version("m", 1));
        var link = new Link(cluster);
        link.Break();

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => cluster.InferAsync("m", i)));

        Assert.Equal(Enumerable.Range(1, 12).Select(i => (float)i), answers);
        Assert.Equal(12, cluster.RelayOf(2).Calls.Count);
        Assert.Equal(12, cluster.Counters.Relayed);
        Assert.Empty(cluster.RelayOf(1).Calls);
        Assert.Contains(480, cluster.Log.Ids);
    }

    [Fact]
    public async Task Calls_go_through_the_relay_until_the_direct_way_works_again()
    {
        using var cluster = new FakeCluster(Hasten, versions: FakeSnapshots.Version("m", 1));
        var link = new Link(cluster);
        link.Break();
        await cluster.InferAsync("m");
        var direct = link.DirectCalls;
        for (var i = 0; i < 100; i++)
        {
            await cluster.InferAsync("m", i);
        }

        Assert.Equal(direct, link.DirectCalls);
        Assert.Equal(101, cluster.RelayOf(2).Calls.Count);

        link.Mend();
        await cluster.UntilAsync(() => cluster.Log.Ids.Contains(481));
        await cluster.InferAsync("m");
        Assert.Equal(101, cluster.RelayOf(2).Calls.Count);
    }

    [Fact]
    public async Task A_way_that_somebody_else_chose_meanwhile_is_kept()
    {
        using var cluster = new FakeCluster(Hasten, versions: FakeSnapshots.Version("m", 1));
        var link = new Link(cluster);
        link.Break();
        var endpoint = cluster.Traffics.Of(FakeSnapshots.Id("m", 1)).Endpoints(1)[0];
        var other = new ReplicaChannel(endpoint.Id, endpoint.Direct.Grain, cluster.RelayOf(2), cluster.Snapshots.Current.Nodes[1]);
        cluster.RelayOf(2).Reaches!.OnAsked = _ =>
        {
            endpoint.TrySwitch(endpoint.Direct, other);
            return Task.FromResult(true);
        };

        Assert.Equal(2, await cluster.InferAsync("m"));

        Assert.Same(other, endpoint.Channel);
        Assert.DoesNotContain(480, cluster.Log.Ids);
    }

    [Fact]
    public async Task A_relay_that_is_lost_is_replaced_by_another()
    {
        using var cluster = new FakeCluster(Hasten, versions: FakeSnapshots.Version("m", 1));
        var link = new Link(cluster);
        link.Break();
        await cluster.InferAsync("m");
        (cluster.RelayOf(1).Reaches, cluster.RelayOf(2).Reaches) = (cluster.RelayOf(2).Reaches, null);

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => cluster.InferAsync("m", i)));

        Assert.Equal(Enumerable.Range(1, 12).Select(i => (float)i), answers);
        Assert.NotEmpty(cluster.RelayOf(1).Calls);
    }

    [Fact]
    public async Task A_long_run_behind_a_relay_is_asked_after_through_it_and_waited_for()
    {
        using var cluster = new FakeCluster(Hasten, versions: FakeSnapshots.Version("m", 1));
        var link = new Link(cluster);
        link.Break();
        await cluster.InferAsync("m");
        var far = cluster.RelayOf(2).Reaches!;
        var answer = new TaskCompletionSource<ReplicaReply>();
        far.OnInfer = (_, _, _) => answer.Task;
        var asked = far.Questions.Count;
        var call = cluster.InferAsync("m");
        await cluster.UntilAsync(() => far.Questions.Count >= asked + 5);
        var abandoned = cluster.Counters.Abandoned;

        answer.SetResult(Replies.Answer(far.Calls.Last()));

        Assert.Equal(2, await call);
        Assert.Equal(abandoned, cluster.Counters.Abandoned);
    }

    [Fact]
    public async Task Where_nobody_reaches_the_replica_calls_fail_as_unavailable_within_the_timeout()
    {
        using var cluster = new FakeCluster(
            options =>
            {
                Hasten(options);
                options.LossTimeout = TimeSpan.FromMilliseconds(600);
            },
            versions: FakeSnapshots.Version("m", 1));
        var link = new Link(cluster);
        link.Break();
        cluster.RelayOf(2).Reaches = null;

        var error = await cluster.FailAsync("m");

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.NotNull(error.RetryAfter);
    }

    [Fact]
    public async Task A_draining_silo_is_not_asked_to_relay()
    {
        var version = FakeSnapshots.Version("m", 1);
        using var cluster = new FakeCluster(Hasten, versions: version);
        cluster.Snapshots.Current = FakeSnapshots.Of([FakeSnapshots.Node(1, [version], draining: true), FakeSnapshots.Node(2, [version])], version);
        var link = new Link(cluster);
        cluster.RelayOf(1).Reaches = cluster.RelayOf(2).Reaches;
        link.Break();

        await cluster.InferAsync("m");

        Assert.Single(cluster.RelayOf(2).Calls);
        Assert.Empty(cluster.RelayOf(1).Calls);
    }

    private static void Hasten(ClusterCallOptions options)
    {
        options.WatchInterval = TimeSpan.FromMilliseconds(50);
        options.WatchTimeout = TimeSpan.FromMilliseconds(100);
    }

    /// <summary>The way from this process to the only replica of m, silent while it is broken. One silo reaches the replica all the while.</summary>
    private sealed class Link
    {
        private readonly FakeReplica near;
        private readonly FakeReplica far = new(new ReplicaId(FakeSnapshots.Id("m", 1), 0));
        private volatile bool isBroken;

        public Link(FakeCluster cluster, int relay = 2)
        {
            cluster.RelayOf(relay).Reaches = far;
            near = cluster["m", 1, 0];
            near.OnAsked = mark => isBroken ? new TaskCompletionSource<bool>().Task : far.OnAsked(mark);
            near.OnInfer = (request, mark, token) =>
                isBroken ? new TaskCompletionSource<ReplicaReply>().Task : far.InferAsync(request, mark, token);
        }

        public int DirectCalls => near.Calls.Count;

        public void Break() => isBroken = true;

        public void Mend() => isBroken = false;
    }
}
