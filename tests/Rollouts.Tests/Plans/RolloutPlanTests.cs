using Krewe.Abstractions.Errors;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Plans;

public sealed class RolloutPlanTests
{
    private static readonly RolloutStep Step = new() { Canary = new Share(10_000) };

    [Theory]
    [InlineData(RolloutStrategy.Canary)]
    [InlineData(RolloutStrategy.Shadow)]
    [InlineData(RolloutStrategy.BlueGreen)]
    public void The_default_steps_are_valid(RolloutStrategy strategy) =>
        Assert.Empty((Some.Plan with { Strategy = strategy, Steps = RolloutPlan.DefaultSteps(strategy) }).FindErrors());

    [Fact]
    public void The_extremes_can_be_begun()
    {
        var plan = Some.Plan with
        {
            Steps =
            [
                new RolloutStep { Shadow = Share.All, Dwell = TimeSpan.Zero, MinRequests = 0 },
                .. Enumerable.Repeat(Step with { Dwell = RolloutStep.MaxDwell, MinRequests = long.MaxValue, Shadow = new Share(1) }, RolloutPlan.MaxSteps - 1),
            ],
            KeepWarm = RolloutPlan.MaxKeepWarm,
            Guards = new RolloutGuards { MaxErrorRateIncrease = 1, MaxP50Ratio = 1, MaxP99Ratio = RolloutGuards.MaxRatio, MaxDisagreement = 0, MinSample = 1, MinP50Increase = TimeSpan.Zero, MinP99Increase = RolloutGuards.MaxIncrease },
            Tolerance = new ComparisonTolerance(0, 0),
        };

        Assert.Empty(plan.FindErrors());
        Assert.Empty((plan with { Guards = new RolloutGuards { MaxErrorRateIncrease = null, MaxP50Ratio = null, MaxP99Ratio = null, MaxDisagreement = null } }).FindErrors());
    }

    [Fact]
    public void Steps_that_cannot_be_are_named_by_their_number()
    {
        AssertError("step 2 takes -1 s: expected 0 s to 2592000 s", Step, Step with { Dwell = TimeSpan.FromSeconds(-1) });
        AssertError("step 1 takes 2592001 s: expected 0 s to 2592000 s", Step with { Dwell = RolloutStep.MaxDwell + TimeSpan.FromSeconds(1) });
        AssertError("step 1 waits for -1 calls: expected 0 or more", Step with { MinRequests = -1 });
        AssertError("step 1 gives the new version no calls and no copies: expected a share above 0 % of one of them", new RolloutStep());
        AssertError("step 2 gives the new version 1 % of the calls after 5 %: expected shares that do not fall", new RolloutStep { Canary = new Share(50_000) }, Step);
        AssertError(
            "step 1 copies 10 % of the old version's calls, and leaves it none: copies end where the new version has all calls",
            new RolloutStep { Canary = Share.All, Shadow = new Share(100_000) });
        AssertError("the plan has 101 steps: at most 100 are possible", [.. Enumerable.Repeat(Step, 101)]);
        AssertError("a canary rollout needs at least one step");
    }

    [Fact]
    public void Steps_belong_to_their_strategy()
    {
        AssertError(Some.Plan with { Strategy = RolloutStrategy.BlueGreen },
            "a blue/green rollout moves all calls at once and has no steps, the plan has 5: leave them out, or make it a canary");
        AssertError(Some.Plan with { Strategy = RolloutStrategy.Shadow, Steps = [] }, "a shadow rollout needs at least one step");
        AssertError(Some.Plan with { Strategy = RolloutStrategy.Shadow, Steps = default }, "a shadow rollout needs at least one step");
        AssertError(Some.Plan with { Strategy = RolloutStrategy.Shadow, Steps = [new RolloutStep()] }, "step 1 copies no calls: expected a share above 0 %");
        AssertError(Some.Plan with { Strategy = RolloutStrategy.Shadow, Steps = [Step with { Shadow = Share.All }] },
            "step 1 gives 1 % of the calls to the new version, and a shadow rollout only copies calls: leave that out, or make it a canary");
        Assert.Empty((Some.Plan with { Strategy = RolloutStrategy.BlueGreen, Steps = default }).FindErrors());
    }

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void Parts_are_from_0_to_1(double part)
    {
        AssertError(new RolloutGuards { MaxErrorRateIncrease = part }, "the guard of the error rate allows an increase of ");
        AssertError(new RolloutGuards { MaxDisagreement = part }, "the guard of disagreement allows ");
    }

    [Theory]
    [InlineData(0.99)]
    [InlineData(1000.1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Ratios_are_at_least_1(double ratio)
    {
        AssertError(new RolloutGuards { MaxP50Ratio = ratio }, "the guard of the p50 allows a ratio of ");
        AssertError(new RolloutGuards { MaxP99Ratio = ratio }, "the guard of the p99 allows a ratio of ");
    }

    [Fact]
    public void Samples_tolerances_and_times_have_their_ranges()
    {
        AssertError(new RolloutGuards { MinSample = 0 }, "the guards' minimum sample is 0 calls: expected 1 to 1000000");
        AssertError(new RolloutGuards { MinSample = 1_000_001 }, "the guards' minimum sample is 1000001 calls: ");
        AssertError(Some.Plan with { Tolerance = new ComparisonTolerance(-1, 0) }, "the tolerance is -1 relative and 0 absolute: expected two numbers of 0 or more");
        AssertError(Some.Plan with { Tolerance = new ComparisonTolerance(0, double.NaN) }, "the tolerance is 0 relative and NaN absolute: expected two numbers of 0 or more");
        AssertError(Some.Plan with { KeepWarm = TimeSpan.FromHours(25) }, "the old version would be kept warm for 90000 s: expected 0 s to 86400 s");
        AssertError(Some.Plan with { Version = default }, "the plan names no version: name the one to move to");
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once() => Assert.Equal(3, (Some.Plan with
    {
        Version = default, KeepWarm = TimeSpan.FromSeconds(-1), Guards = new RolloutGuards { MinSample = -1 },
    }).FindErrors().Count);

    [Theory]
    [InlineData("prod")]
    [InlineData("v1.2-b_3")]
    [InlineData("7a")]
    public void Aliases_are_names(string name) => Assert.Equal(name, AliasName.Parse(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("12")]
    [InlineData(".x")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234567890")]
    public void An_invalid_alias_is_refused(string? name) =>
        Assert.Equal(KreweErrorCode.InvalidInput, Assert.Throws<KreweException>(() => AliasName.Parse(name)).Code);

    private static void AssertError(string expected, params RolloutStep[] steps) => AssertError(Some.Plan with { Steps = [.. steps] }, expected);

    private static void AssertError(RolloutGuards guards, string expected) => AssertError(Some.Plan with { Guards = guards }, expected);

    private static void AssertError(RolloutPlan plan, string expected) => Assert.StartsWith(expected, Assert.Single(plan.FindErrors()), StringComparison.Ordinal);
}
