using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Counting;

public sealed class ControlGroupTests
{
    private static readonly Share OnePercent = new(10_000);
    private static readonly TimeSpan Quick = TimeSpan.FromMicroseconds(100);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(4);
    private readonly ControlGroup group = new();

    [Fact]
    public void A_call_is_paired_with_the_next_one_after_as_long_a_pause()
    {
        var (awake, asleep) = (ControlGroup.ClassOf(TimeSpan.FromMicroseconds(50)), ControlGroup.ClassOf(TimeSpan.FromMilliseconds(20)));
        group.AddCanary(asleep, Slow, OnePercent);

        Assert.False(group.TryBegin(awake));
        Assert.True(group.TryBegin(asleep));
        Assert.False(group.TryBegin(asleep));
        group.AddControl(asleep, Slow, isAlike: true);

        Assert.Equal(new LatencyPairs(Some.Histogram(1, Slow), Some.Histogram(1, Slow), 0), group.Read());
    }

    /// <summary>Callers who make a hundred calls and pause: of 1 %, the new version gets the first one each time, when all threads sleep.</summary>
    [Theory]
    [InlineData(100, 0)]
    [InlineData(50, 500)]
    [InlineData(70, 450)]
    public void A_rhythm_of_the_callers_makes_no_version_look_slow(int callsInARow, int leastPairs)
    {
        for (var ticket = 0; ticket < 100_000; ticket++)
        {
            var isFirst = ticket % callsInARow == 0;
            var pause = ControlGroup.ClassOf(isFirst ? TimeSpan.FromMilliseconds(20) : TimeSpan.FromMicroseconds(50));
            if (RouteChoice.Takes(OnePercent, ticket))
            {
                group.AddCanary(pause, isFirst ? Slow : Quick, OnePercent);
            }
            else if (group.TryBegin(pause))
            {
                group.AddControl(pause, isFirst ? Slow : Quick, isAlike: true);
            }
        }

        var pairs = group.Read();
        Assert.Equal(pairs.Control, pairs.Canary);
        Assert.InRange(pairs.Control.Total, leastPairs, 1000);
    }

    [Theory]
    [InlineData(10_000, 10)]
    [InlineData(100_000, 100)]
    [InlineData(250_000, 83)]
    [InlineData(500_000, 100)]
    [InlineData(990_000, 99)]
    public void At_most_a_tenth_of_all_calls_are_control_calls(int share, int expected)
    {
        var controls = 0;
        for (var ticket = 0; ticket < 1000; ticket++)
        {
            if (RouteChoice.Takes(new Share(share), ticket))
            {
                group.AddCanary(0, Quick, new Share(share));
            }
            else if (group.TryBegin(0))
            {
                group.AddControl(0, Quick, isAlike: true);
                controls++;
            }
        }

        Assert.InRange(controls, Math.Min(expected, 10) - 1, expected + 1);
    }

    [Fact]
    public void What_is_not_paired_soon_is_given_up_and_what_came_to_nothing_is_made_up_for()
    {
        for (var call = 0; call < 100; call++)
        {
            group.AddCanary(3, call < 84 ? Slow : Quick, OnePercent);
        }

        var controls = 0;
        for (; group.TryBegin(3); controls++)
        {
            if (controls == 5)
            {
                group.GiveUp(3);
                continue;
            }

            group.AddControl(3, Quick, isAlike: controls < 2);
        }

        Assert.Equal(17, controls);
        Assert.Equal(new LatencyPairs(Some.Histogram(16, Quick), Some.Histogram(16, Quick), 14), group.Read());
    }

    [Fact]
    public void A_baseline_that_is_not_there_is_asked_for_once_a_second()
    {
        Assert.True(group.MayHaveBaseline(1, TimeProvider.System));
        var now = TimeProvider.System.GetTimestamp();
        group.Refused(now);
        Assert.False(group.MayHaveBaseline(now + (TimeProvider.System.TimestampFrequency * 9 / 10), TimeProvider.System));
        Assert.True(group.MayHaveBaseline(now + TimeProvider.System.TimestampFrequency, TimeProvider.System));
    }

    [Fact]
    public void Pauses_are_alike_up_to_four_times() => Assert.Equal(
        [0, 0, 1, 1, 2, 5, 15],
        new[] { 0L, 3, 4, 15, 16, 1024, long.MaxValue / 10 }.Select(microseconds => ControlGroup.ClassOf(TimeSpan.FromTicks(microseconds * 10))));
}
