using Krewe.Rollouts.Guarding;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Guarding;

public sealed class ErrorRateGuardTests
{
    private static readonly GuardLevel Level = new(1e-4, 1e-4);

    [Theory]
    [InlineData(0, 10_000, 0, 1000, GuardState.Healthy)]
    [InlineData(0, 10_000, 10, 1000, GuardState.Healthy)] // just 1 %
    [InlineData(0, 10_000, 11, 1000, GuardState.InDoubt)]
    [InlineData(0, 10_000, 40, 1000, GuardState.Signal)]
    [InlineData(300, 10_000, 40, 1000, GuardState.Healthy)]
    [InlineData(300, 10_000, 41, 1000, GuardState.InDoubt)]
    [InlineData(0, 49, 1000, 1000, GuardState.Healthy)]
    [InlineData(0, 10_000, 49, 49, GuardState.Healthy)]
    [InlineData(0, 50, 50, 50, GuardState.Signal)]
    [InlineData(50, 50, 1000, 1000, GuardState.Healthy)]
    public void A_rate_is_compared_with_the_serving_versions_plus_the_threshold(
        long servingErrors, long serving, long errors, long calls, object expected) =>
        Assert.Equal(expected, Evaluate(servingErrors, serving, errors, calls).State);

    [Fact]
    public void The_numbers_say_what_was_seen()
    {
        var numbers = Evaluate(20, 10_000, 40, 1000).Numbers;

        Assert.Equal(new GuardBreach(GuardKind.ErrorRate, 0.01, 0.002, 0.04, 10_000, 1000, numbers!.PValue), numbers);
        Assert.InRange(numbers.PValue, 1e-4, 2e-4);
    }

    [Fact]
    public void A_signal_needs_both_bounds_to_be_apart()
    {
        // The largest rate of 100 calls without an error that is no surprise at this level is 8.8 %.
        Assert.Equal(GuardState.InDoubt, Evaluate(0, 100, 100, 1000).State);
        Assert.Equal(GuardState.Signal, Evaluate(0, 1000, 100, 1000).State);
    }

    [Fact]
    public void Silently_a_guard_is_only_in_doubt() => Assert.Equal(
        GuardState.InDoubt, ErrorRateGuard.Evaluate(0.01, 50, Some.Calls(1000), Some.Calls(0, errors: 1000), GuardLevel.ThresholdOnly).State);

    private static GuardFinding Evaluate(long servingErrors, long serving, long errors, long calls) => ErrorRateGuard.Evaluate(
        0.01, 50, Some.Calls(serving - servingErrors, errors: servingErrors), Some.Calls(calls - errors, errors: errors), Level);
}
