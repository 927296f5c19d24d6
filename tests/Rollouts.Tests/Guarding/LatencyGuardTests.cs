using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Guarding;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Guarding;

public sealed class LatencyGuardTests
{
    private static readonly GuardLevel Level = new(1e-4, 1e-4);
    private static readonly LatencyHistogram TenMilliseconds = Some.Histogram(10_000, TimeSpan.FromMilliseconds(10));

    [Theory]
    [InlineData(10, GuardState.Healthy)]
    [InlineData(14.9, GuardState.Healthy)]
    [InlineData(17, GuardState.Signal)]
    [InlineData(30, GuardState.Signal)]
    public void The_median_may_take_so_many_times_as_long(double milliseconds, object expected) =>
        Assert.Equal(expected, Evaluate(0.5, 1.5, TenMilliseconds, Some.Histogram(1000, TimeSpan.FromMilliseconds(milliseconds))).State);

    [Theory]
    [InlineData(0.1, 1, GuardState.Healthy)]
    [InlineData(0.1, 1.3, GuardState.Signal)]
    [InlineData(0.5, 1.4, GuardState.Healthy)]
    [InlineData(5, 7, GuardState.Healthy)]
    [InlineData(5, 9, GuardState.Signal)]
    public void A_millisecond_more_is_well_whatever_the_ratio(double control, double candidate, object expected) => Assert.Equal(
        expected, Evaluate(0.5, 1.5, Some.Histogram(1000, TimeSpan.FromMilliseconds(control)), Some.Histogram(1000, TimeSpan.FromMilliseconds(candidate))).State);

    [Theory]
    [InlineData(0, 10, GuardState.Signal)]
    [InlineData(100, 10, GuardState.Signal)]
    [InlineData(101, 10, GuardState.Healthy)]
    [InlineData(1000, 10, GuardState.Healthy)]
    [InlineData(1000, 13, GuardState.Signal)]
    public void What_was_not_measured_alike_has_to_differ_by_ten_times_as_much(long unlike, double candidate, object expected) => Assert.Equal(
        expected,
        LatencyGuard.Evaluate(
            new LatencyLimit(GuardKind.P50, 0.5, 1.5, TimeSpan.FromMilliseconds(1)), 50,
            new LatencyPairs(Some.Histogram(1000, TimeSpan.FromMilliseconds(1)), Some.Histogram(1000, TimeSpan.FromMilliseconds(candidate)), unlike), Level).State);

    [Theory]
    [InlineData(5, GuardState.Healthy)]
    [InlineData(10, GuardState.Healthy)] // just one in a hundred
    [InlineData(11, GuardState.InDoubt)]
    [InlineData(50, GuardState.Signal)]
    public void Only_one_call_in_a_hundred_may_be_beyond_the_99th_part(long slow, object expected) => Assert.Equal(
        expected, Evaluate(0.99, 2, TenMilliseconds, Mixed(1000 - slow, slow)).State);

    [Fact]
    public void Too_few_slow_calls_leave_it_in_doubt()
    {
        Assert.Equal(GuardState.InDoubt, Evaluate(0.99, 2, Some.Histogram(500, TimeSpan.FromMilliseconds(10)), Mixed(490, 10)).State);
        Assert.Equal(GuardState.Signal, Evaluate(0.99, 2, Some.Histogram(500, TimeSpan.FromMilliseconds(10)), Mixed(460, 40)).State);
    }

    [Fact]
    public void A_slow_tail_of_both_is_no_signal()
    {
        // 8 of 1000 are slow: the 99th part as seen is fast, and may well be slow.
        Assert.Equal(GuardState.InDoubt, Evaluate(0.99, 2, Mixed(992, 8), Mixed(980, 20)).State);
        Assert.Equal(GuardState.Healthy, Evaluate(0.99, 2, Mixed(980, 20), Mixed(960, 40)).State);
        Assert.Equal(GuardState.Signal, Evaluate(0.99, 2, Mixed(992, 8), Mixed(900, 100)).State);
    }

    [Fact]
    public void The_numbers_are_milliseconds()
    {
        var numbers = Evaluate(0.5, 1.5, TenMilliseconds, Some.Histogram(1000, TimeSpan.FromMilliseconds(30))).Numbers!;

        Assert.Equal((GuardKind.P50, 1.5, 10_000, 1000), (numbers.Guard, numbers.Threshold, numbers.ServingSample, numbers.CandidateSample));
        Assert.InRange(numbers.Serving, 10, 10.7);
        Assert.InRange(numbers.Candidate, 30, 32);
        Assert.InRange(numbers.PValue, 0, 1e-9);
    }

    [Fact]
    public void Below_the_least_sample_it_says_nothing()
    {
        Assert.Equal(GuardState.Healthy, Evaluate(0.5, 1.5, TenMilliseconds, Some.Histogram(49, TimeSpan.FromSeconds(1))).State);
        Assert.Equal(GuardState.Healthy, Evaluate(0.5, 1.5, Some.Histogram(49, TimeSpan.FromMilliseconds(1)), Some.Histogram(1000, TimeSpan.FromSeconds(1))).State);
    }

    private static LatencyHistogram Mixed(long fast, long slow) =>
        Some.Histogram(fast, TimeSpan.FromMilliseconds(10)).Add(Some.Histogram(slow, TimeSpan.FromMilliseconds(100)));

    private static GuardFinding Evaluate(double p, double ratio, LatencyHistogram serving, LatencyHistogram candidate) =>
        LatencyGuard.Evaluate(new LatencyLimit(GuardKind.P50, p, ratio, TimeSpan.FromMilliseconds(1)), 50, new LatencyPairs(serving, candidate, 0), Level);
}
