using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Replicas;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Client.Tests.Monitoring;

public sealed class PendingPlacementsTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public void An_expectation_ends_with_its_life()
    {
        var expectations = new PendingPlacements(time, TimeSpan.FromSeconds(5), 100);
        expectations.Add(Replica("a"), TestNodes.Silo(1), 10);
        time.Advance(TimeSpan.FromSeconds(4));
        expectations.Add(Replica("b"), TestNodes.Silo(1), 20);
        Assert.Equal((30, 2), expectations.On(TestNodes.Silo(1)));

        time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal((20, 1), expectations.On(TestNodes.Silo(1)));
        Assert.Empty(expectations.At(TestNodes.Id("a")));
        Assert.Null(expectations.Find(Replica("a")));
        Assert.Equal(TestNodes.Silo(1), expectations.Find(Replica("b")));
    }

    [Fact]
    public void A_replica_is_expected_in_one_place()
    {
        var expectations = new PendingPlacements(time, TimeSpan.FromHours(1), 100);
        expectations.Add(Replica("a"), TestNodes.Silo(1), 10);
        expectations.Add(Replica("a"), TestNodes.Silo(2), 10);

        Assert.Equal([TestNodes.Silo(2)], expectations.At(TestNodes.Id("a")));
        Assert.Equal(default, expectations.On(TestNodes.Silo(1)));
    }

    [Fact]
    public void There_are_never_more_than_the_bound_and_the_oldest_go()
    {
        var expectations = new PendingPlacements(time, TimeSpan.FromHours(1), 3);
        foreach (var number in Enumerable.Range(0, 10))
        {
            expectations.Add(Replica($"m{number}"), TestNodes.Silo(1), 1);
        }

        Assert.Equal((3, 3), expectations.On(TestNodes.Silo(1)));
        Assert.Null(expectations.Find(Replica("m6")));
        Assert.NotNull(expectations.Find(Replica("m7")));
    }

    [Fact]
    public void What_reports_show_and_what_is_on_silos_that_are_gone_is_forgotten()
    {
        var expectations = new PendingPlacements(time, TimeSpan.FromHours(1), 100);
        expectations.Add(Replica("shown"), TestNodes.Silo(1), 1);
        expectations.Add(Replica("waited-for"), TestNodes.Silo(1), 10);
        expectations.Add(Replica("lost"), TestNodes.Silo(2), 100);

        expectations.Settle([TestNodes.Snapshot(1, TestNodes.Report(1) with { Replicas = [Replica("shown")] })]);

        Assert.Equal((10, 1), expectations.On(TestNodes.Silo(1)));
        Assert.Equal(default, expectations.On(TestNodes.Silo(2)));
    }

    private static ReplicaId Replica(string name) => new(TestNodes.Id(name), 0);
}
