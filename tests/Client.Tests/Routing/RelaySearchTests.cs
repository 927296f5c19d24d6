using Krewe.Client.Endpoints;
using Krewe.Client.Relaying;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Processes;

namespace Krewe.Client.Tests.Routing;

/// <summary>When a way through another silo is not needed any more.</summary>
public sealed class RelaySearchTests : IDisposable
{
    private readonly RunningTime time = new();
    private readonly FakeCluster cluster = new(versions: FakeSnapshots.Version("m", 1));
    private readonly ReplicaEndpoint endpoint;
    private readonly ReplicaChannel relayed;
    private readonly RelaySearch search;

    public RelaySearchTests()
    {
        endpoint = cluster.Traffics.Of(FakeSnapshots.Id("m", 1)).Endpoints(1)[0];
        relayed = new ReplicaChannel(endpoint.Id, endpoint.Direct.Grain, cluster.RelayOf(2), cluster.Snapshots.Current.Nodes[1]);
        search = new RelaySearch(cluster.Snapshots, cluster, time);
        Assert.True(endpoint.TrySwitch(endpoint.Direct, relayed));
    }

    private FakeReplica Replica => cluster["m", 1, 0];

    [Fact]
    public async Task Three_answers_in_a_row_prove_the_direct_way_and_one_that_fails_begins_anew()
    {
        Replica.OnAsked = _ => Replica.Questions.Count == 3 ? Task.FromException<bool>(new TimeoutException()) : Task.FromResult(true);

        await WaitAsync();

        Assert.Equal(6, Replica.Questions.Count);
    }

    [Fact]
    public async Task Where_the_line_has_another_way_already_nothing_is_asked()
    {
        Assert.True(endpoint.TrySwitch(relayed, endpoint.Direct));

        await WaitAsync();

        Assert.Empty(Replica.Questions);
    }

    [Fact]
    public async Task A_relay_that_nobody_uses_is_given_up_and_one_with_a_call_under_way_is_not()
    {
        Replica.OnAsked = static _ => Task.FromException<bool>(new TimeoutException());
        endpoint.Enter();
        var waiting = WaitAsync();
        var start = time.GetTimestamp();
        await cluster.UntilAsync(() => time.GetElapsedTime(start) > TimeSpan.FromSeconds(60));
        Assert.False(waiting.IsCompleted);

        endpoint.Leave();
        await waiting;
        Assert.NotEmpty(Replica.Questions);
    }

    [Fact]
    public async Task One_that_was_used_a_moment_ago_is_kept_for_half_a_minute()
    {
        Replica.OnAsked = static _ => Task.FromException<bool>(new TimeoutException());
        var start = time.GetTimestamp();

        await WaitAsync();

        Assert.True(time.GetElapsedTime(start) > TimeSpan.FromSeconds(30));
    }

    public void Dispose() => cluster.Dispose();

    private Task WaitAsync() => time.RunAsync(
        TimeSpan.FromMilliseconds(100), search.WaitForDirectAsync(endpoint, relayed, TestContext.Current.CancellationToken));
}
