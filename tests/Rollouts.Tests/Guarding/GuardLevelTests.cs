using Krewe.Rollouts.Guarding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Guarding;

public sealed class GuardLevelTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(100)]
    public void All_evaluations_of_a_rollout_together_never_exceed_the_whole(int steps)
    {
        var plan = Some.Plan with { Steps = [.. Enumerable.Repeat(new RolloutStep(), steps)] };
        var spent = Enumerable.Range(1, 300).Sum(window => Enumerable.Range(1, 300).Sum(evaluation => Whole(GuardLevel.OfEvaluation(plan, window, evaluation))));

        var ofRollout = spent * 5 * (steps + 1);
        Assert.InRange(ofRollout, 0.009, 0.01);
    }

    [Fact]
    public void Later_evaluations_and_windows_get_less()
    {
        Assert.True(Whole(GuardLevel.OfEvaluation(Some.Plan, 1, 1)) > Whole(GuardLevel.OfEvaluation(Some.Plan, 1, 2)));
        Assert.True(Whole(GuardLevel.OfEvaluation(Some.Plan, 1, 2)) > Whole(GuardLevel.OfEvaluation(Some.Plan, 2, 2)));
        Assert.True(Whole(GuardLevel.OfEvaluation(Some.Plan, int.MaxValue, int.MaxValue)) > 0);
    }

    private static double Whole(GuardLevel level) => level.Serving + level.Candidate;
}
