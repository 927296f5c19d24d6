using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Guarding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Guarding;

public sealed class GuardPanelTests
{
    private static readonly GuardLevel Level = new(1e-4, 1e-4);
    private static readonly ArmCounts Good = Some.Calls(10_000);
    private static readonly ArmCounts Failing = Some.Calls(900, errors: 100);
    private static readonly ArmCounts Slow = Some.Calls(1000, TimeSpan.FromMilliseconds(100));

    private static readonly StepCounts AllBad = Some.Counts(Good, Slow.Add(Failing), Failing) with
    {
        Comparison = new ComparisonCounts { Compared = 1000, Disagreements = 100 },
    };

    [Fact]
    public void Calls_and_copies_that_fail_are_both_seen()
    {
        Assert.Equal(GuardKind.ErrorRate, Evaluate(new RolloutGuards(), Some.Counts(Good, Failing)).Numbers!.Guard);
        Assert.Equal(GuardKind.ErrorRate, Evaluate(new RolloutGuards(), Some.Counts(Good, Some.Calls(1000), Failing)).Numbers!.Guard);
        Assert.Equal(GuardKind.ErrorRate, Evaluate(new RolloutGuards(), Some.Counts(Good, ArmCounts.Empty, Failing)).Numbers!.Guard);
    }

    [Fact]
    public void Slow_copies_are_no_breach() => // they run on what is left over
        Assert.Equal(GuardFinding.Healthy, Evaluate(new RolloutGuards(), Some.Counts(Good, ArmCounts.Empty, Slow)));

    [Fact]
    public void The_worst_finding_counts()
    {
        var doubtful = Some.Counts(Good, Slow.Add(Some.Calls(0, errors: 12)));

        Assert.Equal(GuardState.InDoubt, GuardPanel.Evaluate(GuardKind.ErrorRate, new RolloutGuards(), doubtful, Level).State);
        Assert.True(Evaluate(new RolloutGuards(), doubtful) is { State: GuardState.Signal, Numbers.Guard: GuardKind.P50 });
    }

    [Fact]
    public void Each_guard_sees_its_own_and_none_that_is_off()
    {
        Assert.All(Enum.GetValues<GuardKind>(), kind => Assert.Equal(kind, GuardPanel.Evaluate(kind, new RolloutGuards(), AllBad, Level).Numbers!.Guard));
        var off = new RolloutGuards { MaxErrorRateIncrease = null, MaxP50Ratio = null, MaxP99Ratio = null, MaxDisagreement = null };
        Assert.Equal(GuardFinding.Healthy, Evaluate(off, AllBad));
    }

    [Theory]
    [InlineData(50, GuardState.Healthy)]
    [InlineData(51, GuardState.InDoubt)]
    [InlineData(100, GuardState.Signal)]
    public void Answers_may_differ_to_a_part(long disagreements, object expected) => Assert.Equal(expected, Evaluate(
        new RolloutGuards(), StepCounts.Empty with { Comparison = new ComparisonCounts { Compared = 1000, Disagreements = disagreements } }).State);

    [Fact]
    public void A_disagreement_that_is_never_allowed_is_a_signal_at_once() => Assert.Equal(GuardState.Signal, Evaluate(
        new RolloutGuards { MaxDisagreement = 0 }, StepCounts.Empty with { Comparison = new ComparisonCounts { Compared = 50, Disagreements = 1 } }).State);

    private static GuardFinding Evaluate(RolloutGuards guards, StepCounts counts) => GuardPanel.Evaluate(guards, counts, Level);
}
