using Krewe.Client.Endpoints;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Grains.Interfaces.Replicas;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Client.Tests.Routing;

/// <summary>How many replicas a version has, and where, is known from the replies.</summary>
public sealed class VersionTrafficTests : IDisposable
{
    private readonly FakeTimeProvider clock = new();
    private readonly FakeCluster cluster;
    private readonly VersionTraffic traffic;
    private readonly ReplicaEndpoint endpoint;

    public VersionTrafficTests()
    {
        cluster = new FakeCluster(time: clock, versions: FakeSnapshots.Version("m", 1));
        traffic = cluster.Traffics.Of(FakeSnapshots.Id("m", 1));
        endpoint = traffic.Endpoints(1)[0];
    }

    public void Dispose() => cluster.Dispose();

    [Fact]
    public void The_number_of_replicas_counts_until_replies_stay_away()
    {
        Assert.Equal((1, 2), (traffic.CountReplicas(0), traffic.CountReplicas(2)));
        for (var reply = 0; reply < 6; reply++)
        {
            Hear("a", replicas: 3);
            clock.Advance(TimeSpan.FromSeconds(10));
            Assert.Equal(3, traffic.CountReplicas(1));
        }

        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(1, traffic.CountReplicas(1));
    }

    [Fact]
    public void Replies_in_the_same_instant_are_one_unless_they_say_something_new()
    {
        Hear("a", replicas: 3);
        var answered = endpoint.AnsweredAt;
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Hear("a", replicas: 3);
        Assert.Equal(answered, endpoint.AnsweredAt);

        Hear("a", replicas: 4);
        Assert.Equal(4, traffic.CountReplicas(1));
        Hear("b", replicas: 4);
        Assert.Equal("b", endpoint.Silo);
        clock.Advance(TimeSpan.FromMilliseconds(5));
        Hear("b", replicas: 4);
        Assert.Equal(clock.GetTimestamp(), endpoint.AnsweredAt);
    }

    private void Hear(string silo, int replicas) =>
        traffic.Heard(endpoint, new ReplicaReply { Silo = silo, Replicas = replicas }, clock.GetTimestamp());
}
