using FsCheck.Fluent;
using Krewe.Abstractions.Hosting;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Grains.Versions;

namespace Krewe.Grains.Tests.Versions;

public sealed class ReplicaScalingTests
{
    private static readonly ScalingOptions Options = new(4, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(10));
    private static readonly ReplicaRange Range = new(0, 4);

    [Fact]
    public void Pressure_that_lasts_asks_for_one_more()
    {
        var state = new ScalingState(1);
        Assert.Equal(1, Evaluate(ref state, 0, 6, 100));
        Assert.Equal(1, Evaluate(ref state, 0.25, 6, 100));
        Assert.Equal(2, Evaluate(ref state, 0.5, 6, 100));
    }

    [Fact]
    public void Pressure_that_comes_and_goes_asks_for_nothing()
    {
        var state = new ScalingState(1);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(1, Evaluate(ref state, i * 0.4, i % 2 == 0 ? 9 : 1, 100));
        }
    }

    [Fact]
    public void Steep_pressure_doubles_within_what_settings_and_silos_allow()
    {
        Assert.Equal(4, AfterPressure(2, 100, new ReplicaRange(0, 8), silos: 8));
        Assert.Equal(3, AfterPressure(2, 100, new ReplicaRange(0, 8), silos: 3));
        Assert.Equal(3, AfterPressure(2, 100, new ReplicaRange(0, 3), silos: 8));
        Assert.Equal(2, AfterPressure(2, 100, new ReplicaRange(0, 8), silos: 1));
    }

    [Fact]
    public void Fewer_are_asked_for_after_a_while_in_which_they_would_have_sufficed()
    {
        var state = Busy(count: 2, callsPerSecond: 50);
        for (var second = 3.0; second < 13; second += 0.5)
        {
            Assert.Equal(2, Evaluate(ref state, second, 0, 10));
        }

        Assert.Equal(1, Evaluate(ref state, 13, 0, 10));
    }

    [Fact]
    public void An_empty_queue_alone_is_no_reason_to_have_fewer()
    {
        // Two replicas answer 50 calls a second each at most, and 45 each come: one could not.
        var state = Busy(count: 2, callsPerSecond: 50);
        for (var second = 3.0; second < 60; second += 0.5)
        {
            Assert.Equal(2, Evaluate(ref state, second, 0, 45));
        }
    }

    [Fact]
    public void An_idle_version_keeps_its_last_replica()
    {
        var state = new ScalingState(1);
        for (var second = 0.0; second < 30; second += 0.5)
        {
            Assert.Equal(1, Evaluate(ref state, second, 0, 0));
        }
    }

    [Fact]
    public void Replicas_that_were_never_under_pressure_are_removed_whatever_their_rate()
    {
        var state = new ScalingState(2);
        for (var second = 0.0; second < 10; second += 0.5)
        {
            Assert.Equal(2, Evaluate(ref state, second, 0, 1000));
        }

        Assert.Equal(1, Evaluate(ref state, 10, 0, 1000));
    }

    [Fact]
    public void Reports_of_removed_replicas_and_old_ones_do_not_count()
    {
        var late = TimeSpan.FromSeconds(60);
        var removed = ReplicaScaling.Record(new ScalingState(1), Report(1, 100, 0), late, Options);
        Assert.Null(ReplicaScaling.Decide(removed, Range, 8, late, Options).State.PressedSince);

        var pressed = ReplicaScaling.Record(new ScalingState(1), Report(0, 100, 0), late, Options);
        Assert.NotNull(ReplicaScaling.Decide(pressed, Range, 8, late + Options.ReportLife, Options).State.PressedSince);
        var old = late + Options.ReportLife + TimeSpan.FromTicks(1);
        Assert.Null(ReplicaScaling.Decide(pressed, Range, 8, old, Options).State.PressedSince);
    }

    [Fact]
    public void Two_reports_at_one_moment_have_no_rate()
    {
        var once = ReplicaScaling.Record(new ScalingState(1), Report(0, 0, 5), TimeSpan.FromSeconds(1), Options);
        var twice = ReplicaScaling.Record(once, Report(0, 0, 5), TimeSpan.FromSeconds(1), Options);

        Assert.Equal(0, twice.Loads[0].CallsPerSecond);
    }

    [Fact]
    public void The_settings_bounds_hold_at_once()
    {
        Assert.Equal(3, ReplicaScaling.Decide(new ScalingState(1), new ReplicaRange(3, 4), 9, default, Options).Wanted);
        Assert.Equal(2, ReplicaScaling.Decide(new ScalingState(4), new ReplicaRange(0, 2), 9, default, Options).Wanted);
        Assert.Equal(1, ReplicaScaling.Decide(new ScalingState(1), new ReplicaRange(0, 0), 9, default, Options).Wanted);
    }

    [Fact]
    public void A_grain_that_has_forgotten_the_count_learns_it_from_the_replicas_and_only_at_first()
    {
        var early = ReplicaScaling.Record(new ScalingState(1), Report(2, 0, 0), TimeSpan.FromSeconds(1), Options);
        Assert.Equal(3, early.Count);
        Assert.Equal(1, ReplicaScaling.Record(new ScalingState(1), Report(7, 0, 0), TimeSpan.FromSeconds(1), Options).Count);
        Assert.Equal(1, ReplicaScaling.Record(new ScalingState(1), Report(2, 0, 0), TimeSpan.FromSeconds(11), Options).Count);
    }

    [Fact]
    public void Whatever_is_reported_the_wish_stays_within_the_bounds_and_moves_by_one_downwards()
    {
        var reports = Gen.Choose(0, 5).SelectMany(_ => Gen.Choose(0, 60), (index, waiting) => (index, waiting)).ListOf(40);
        Prop.ForAll(Arb.From(reports), list =>
        {
            var range = new ReplicaRange(1, 4);
            var state = new ScalingState(1);
            var now = TimeSpan.Zero;
            foreach (var (index, waiting) in list)
            {
                now += TimeSpan.FromMilliseconds(400);
                var (next, wanted) = ReplicaScaling.Decide(
                    ReplicaScaling.Record(state, new ReplicaReport(index, "s", waiting, 10, range), now, Options), range, 3, now, Options);
                Assert.InRange(wanted, 1, 4);
                Assert.True(wanted >= next.Count - 1);
                Assert.True(wanted <= Math.Max(next.Count, 3));
                state = wanted == next.Count ? next : ReplicaScaling.Changed(next, wanted);
            }
        }).Hold();
    }

    private static int AfterPressure(int count, double waiting, ReplicaRange range, int silos)
    {
        var state = new ScalingState(count);
        var wanted = count;
        foreach (var second in new[] { 0.0, 0.3, 0.6 })
        {
            var now = TimeSpan.FromSeconds(second);
            for (var index = 0; index < count; index++)
            {
                state = ReplicaScaling.Record(state, new ReplicaReport(index, "s", waiting, 10, range), now, Options);
            }

            (state, wanted) = ReplicaScaling.Decide(state, range, silos, now, Options);
        }

        return wanted;
    }

    /// <summary>A state that has seen pressure while each replica answered so many calls.</summary>
    private static ScalingState Busy(int count, double callsPerSecond)
    {
        var state = new ScalingState(count);
        Evaluate(ref state, 2, 5, callsPerSecond);
        Evaluate(ref state, 2.4, 5, callsPerSecond);
        return state;
    }

    /// <summary>All replicas report the same, half a second's calls each but for the first time; what is wanted then.</summary>
    private static int Evaluate(ref ScalingState state, double second, double waiting, double callsPerSecond)
    {
        var now = TimeSpan.FromSeconds(second);
        for (var index = 0; index < state.Count; index++)
        {
            var elapsed = state.Loads.TryGetValue(index, out var before) ? (now - before.At).TotalSeconds : 0;
            state = ReplicaScaling.Record(state, Report(index, waiting, (long)Math.Round(callsPerSecond * elapsed)), now, Options);
        }

        (state, var wanted) = ReplicaScaling.Decide(state, Range, 8, now, Options);
        return wanted;
    }

    private static ReplicaReport Report(int index, double waiting, long calls) => new(index, "s", waiting, calls, Range);
}
