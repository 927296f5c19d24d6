using Krewe.Client.Endpoints;
using Krewe.Client.Tests.Routing.Fakes;

namespace Krewe.Client.Tests.Routing;

public sealed class ReplicaEndpointTests : IDisposable
{
    private readonly FakeCluster cluster = new(versions: FakeSnapshots.Version("m", 1));
    private readonly ReplicaEndpoint endpoint;

    public ReplicaEndpointTests() => endpoint = cluster.Traffics.Of(FakeSnapshots.Id("m", 1)).Endpoints(1)[0];

    [Fact]
    public void A_loss_is_seen_to_once_and_what_comes_of_it_changes_nothing_after_another_one()
    {
        Assert.True(endpoint.TryLose(out var first));
        Assert.False(endpoint.TryLose(out _));
        endpoint.Change(ReplicaState.Loading, first);
        Assert.Equal(ReplicaState.Loading, endpoint.State);

        Assert.True(endpoint.TryLose(out var second));
        endpoint.Change(ReplicaState.Good, first);
        Assert.Equal(ReplicaState.Lost, endpoint.State);
        endpoint.Change(ReplicaState.Good, second);
        Assert.Equal(ReplicaState.Good, endpoint.State);
    }

    [Fact]
    public void Who_waits_hears_of_changes_and_of_nothing_else()
    {
        Assert.True(endpoint.TryLose(out var loss));
        var changed = endpoint.Traffic.WhenChanged();
        endpoint.Change(ReplicaState.Lost, loss);
        Assert.False(changed.IsCompleted);

        endpoint.Change(ReplicaState.Good, loss);
        Assert.True(changed.IsCompleted);
    }

    [Fact]
    public void A_way_is_changed_only_by_who_knows_the_present_one()
    {
        var relayed = new ReplicaChannel(endpoint.Id, endpoint.Direct.Grain, cluster.RelayOf(2), cluster.Snapshots.Current.Nodes[1]);

        Assert.False(endpoint.TrySwitch(relayed, endpoint.Direct));
        Assert.True(endpoint.TrySwitch(endpoint.Direct, relayed));
        Assert.Same(relayed, endpoint.Channel);
    }

    public void Dispose() => cluster.Dispose();
}
