using Krewe.Client.Tests.Routing.Fakes;

namespace Krewe.Client.Tests.Routing;

public sealed class TrafficRegistryTests
{
    [Fact]
    public void Versions_that_have_left_the_cluster_are_dropped_once_there_are_many()
    {
        using var cluster = new FakeCluster(versions: [FakeSnapshots.Version("here", 1)]);
        var here = cluster.Traffics.Of(FakeSnapshots.Id("here", 1));
        var called = cluster.Traffics.Of(FakeSnapshots.Id("called", 1));
        called.Outstanding = 1;
        for (var version = 1; version <= 1100; version++)
        {
            cluster.Traffics.Of(FakeSnapshots.Id("gone", version));
        }

        var gone = Enumerable.Range(1, 1100).Where(version => cluster.Traffics.Find(FakeSnapshots.Id("gone", version)) is not null).ToArray();

        // The version that is one too many is kept, and those after it.
        Assert.Equal(Enumerable.Range(1023, 78), gone);
        Assert.Same(here, cluster.Traffics.Find(FakeSnapshots.Id("here", 1)));
        Assert.Same(called, cluster.Traffics.Find(FakeSnapshots.Id("called", 1)));
        Assert.Null(cluster.Traffics.Find(FakeSnapshots.Id("never", 1)));
    }
}
