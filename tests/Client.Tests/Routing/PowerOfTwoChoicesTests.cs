using FsCheck;
using FsCheck.Fluent;
using Krewe.Client.Endpoints;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Tests.Routing;

public sealed class PowerOfTwoChoicesTests
{
    private static readonly VersionTraffic Traffic = new(FakeSnapshots.Id("m", 1), new FakeCluster(), TimeProvider.System);

    [Fact]
    public void Never_a_lost_one_never_the_avoided_one_where_there_is_a_good_other_and_null_only_where_all_are_lost() =>
        Properties.Hold(Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyArray<byte>>(), ArbMap.Default.ArbFor<int>(), (states, seed) =>
        {
            var endpoints = states.Get.Select((state, index) => Endpoint(index, (ReplicaState)(state % 3))).ToArray();
            var avoid = endpoints[(seed & int.MaxValue) % endpoints.Length];
            var picked = PowerOfTwoChoices.Pick(endpoints, avoid, new Random(seed));
            var usable = endpoints.Where(endpoint => endpoint.State != ReplicaState.Lost).ToArray();
            return picked is null ? usable.Length == 0
                : usable.Contains(picked)
                && (picked != avoid || !endpoints.Any(endpoint => endpoint != avoid && endpoint.State == ReplicaState.Good))
                && (picked.State == ReplicaState.Good || !endpoints.Any(endpoint => endpoint.State == ReplicaState.Good));
        }));

    [Fact]
    public void Of_two_the_one_with_fewer_calls_under_way_is_taken()
    {
        var endpoints = new[] { Endpoint(0, ReplicaState.Good), Endpoint(1, ReplicaState.Good) };
        endpoints[0].Enter();

        Assert.All(Enumerable.Range(0, 100), seed => Assert.Same(endpoints[1], PowerOfTwoChoices.Pick(endpoints, null, new Random(seed))));
    }

    [Fact]
    public void Among_many_load_is_spread_with_one_lost()
    {
        var random = Replay.Random(usual: 1);
        var endpoints = Enumerable.Range(0, 8).Select(index => Endpoint(index, index == 3 ? ReplicaState.Lost : ReplicaState.Good)).ToArray();
        for (var i = 0; i < 7_000; i++)
        {
            PowerOfTwoChoices.Pick(endpoints, null, random)!.Enter();
        }

        Assert.Equal(0, endpoints[3].Outstanding);
        Assert.All(endpoints.Where(endpoint => endpoint != endpoints[3]), endpoint => Assert.InRange(endpoint.Outstanding, 950, 1050));
    }

    [Fact]
    public void A_replica_that_loads_is_taken_where_no_other_is_there()
    {
        var endpoints = new[] { Endpoint(0, ReplicaState.Lost), Endpoint(1, ReplicaState.Loading) };

        Assert.Same(endpoints[1], PowerOfTwoChoices.Pick(endpoints, null, new Random(1)));
        Assert.Same(endpoints[1], PowerOfTwoChoices.Pick(endpoints, endpoints[1], new Random(1)));
    }

    private static ReplicaEndpoint Endpoint(int index, ReplicaState state)
    {
        var id = new ReplicaId(Traffic.Id, index);
        var endpoint = new ReplicaEndpoint(Traffic, id, new FakeReplica(id));
        if (state != ReplicaState.Good)
        {
            Assert.True(endpoint.TryLose(out var loss));
            endpoint.Change(state, loss);
        }

        return endpoint;
    }
}
