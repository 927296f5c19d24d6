using FsCheck;
using FsCheck.Fluent;
using Krewe.Client.Endpoints;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Tests.Routing;

public sealed class PowerOfTwoChoicesTests
{
    private static readonly VersionTraffic Traffic = new(FakeViews.Id("m", 1), new FakeCluster(), TimeProvider.System);

    [Fact]
    public void Never_a_lost_one_never_the_avoided_one_where_there_is_a_good_other_and_null_only_where_all_are_lost() =>
        Properties.Hold(Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyArray<byte>>(), ArbMap.Default.ArbFor<int>(), (states, seed) =>
        {
            var lines = states.Get.Select((state, index) => Line(index, (ReplicaState)(state % 3))).ToArray();
            var avoid = lines[(seed & int.MaxValue) % lines.Length];
            var picked = PowerOfTwoChoices.Pick(lines, avoid, new Random(seed));
            var usable = lines.Where(line => line.State != ReplicaState.Lost).ToArray();
            return picked is null ? usable.Length == 0
                : usable.Contains(picked)
                && (picked != avoid || !lines.Any(line => line != avoid && line.State == ReplicaState.Good))
                && (picked.State == ReplicaState.Good || !lines.Any(line => line.State == ReplicaState.Good));
        }));

    [Fact]
    public void Of_two_the_one_with_fewer_calls_under_way_is_taken()
    {
        var lines = new[] { Line(0, ReplicaState.Good), Line(1, ReplicaState.Good) };
        lines[0].Enter();

        Assert.All(Enumerable.Range(0, 100), seed => Assert.Same(lines[1], PowerOfTwoChoices.Pick(lines, null, new Random(seed))));
    }

    [Fact]
    public void Among_many_load_is_spread_with_one_lost()
    {
        var random = Replay.Random(usual: 1);
        var lines = Enumerable.Range(0, 8).Select(index => Line(index, index == 3 ? ReplicaState.Lost : ReplicaState.Good)).ToArray();
        for (var i = 0; i < 7_000; i++)
        {
            PowerOfTwoChoices.Pick(lines, null, random)!.Enter();
        }

        Assert.Equal(0, lines[3].Outstanding);
        Assert.All(lines.Where(line => line != lines[3]), line => Assert.InRange(line.Outstanding, 950, 1050));
    }

    [Fact]
    public void A_replica_that_loads_is_taken_where_no_other_is_there()
    {
        var lines = new[] { Line(0, ReplicaState.Lost), Line(1, ReplicaState.Loading) };

        Assert.Same(lines[1], PowerOfTwoChoices.Pick(lines, null, new Random(1)));
        Assert.Same(lines[1], PowerOfTwoChoices.Pick(lines, lines[1], new Random(1)));
    }

    private static ReplicaEndpoint Line(int index, ReplicaState state)
    {
        var id = new ReplicaId(Traffic.Id, index);
        var line = new ReplicaEndpoint(Traffic, id, new FakeReplica(id));
        if (state != ReplicaState.Good)
        {
            Assert.True(line.TryLose(out var loss));
            line.Change(state, loss);
        }

        return line;
    }
}
