using Krewe.Client.Endpoints;
using Krewe.Client.Tests.Routing.Fakes;

namespace Krewe.Client.Tests.Routing;

public sealed class ReplicaEndpointTests : IDisposable
{
    private readonly FakeCluster cluster = new(versions: FakeViews.Version("m", 1));
    private readonly ReplicaEndpoint line;

    public ReplicaEndpointTests() => line = cluster.Book.Of(FakeViews.Id("m", 1)).Lines(1)[0];

    [Fact]
    public void A_loss_is_seen_to_once_and_what_comes_of_it_changes_nothing_after_another_one()
    {
        Assert.True(line.TryLose(out var first));
        Assert.False(line.TryLose(out _));
        line.Change(ReplicaState.Loading, first);
        Assert.Equal(ReplicaState.Loading, line.State);

        Assert.True(line.TryLose(out var second));
        line.Change(ReplicaState.Good, first);
        Assert.Equal(ReplicaState.Lost, line.State);
        line.Change(ReplicaState.Good, second);
        Assert.Equal(ReplicaState.Good, line.State);
    }

    [Fact]
    public void Who_waits_hears_of_changes_and_of_nothing_else()
    {
        Assert.True(line.TryLose(out var loss));
        var changed = line.Traffic.WhenChanged();
        line.Change(ReplicaState.Lost, loss);
        Assert.False(changed.IsCompleted);

        line.Change(ReplicaState.Good, loss);
        Assert.True(changed.IsCompleted);
    }

    [Fact]
    public void A_way_is_changed_only_by_who_knows_the_present_one()
    {
        var relayed = new ReplicaChannel(line.Id, line.Direct.Grain, cluster.RelayOf(2), cluster.Views.Current.Nodes[1]);

        Assert.False(line.TrySwitch(relayed, line.Direct));
        Assert.True(line.TrySwitch(line.Direct, relayed));
        Assert.Same(relayed, line.Channel);
    }

    public void Dispose() => cluster.Dispose();
}
