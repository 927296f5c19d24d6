using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Simulation;

/// <summary>New versions that are worse than the old one: each goes back within its first step.</summary>
[Trait("category", "slow")]
public sealed class BadCanaryTests(ITestOutputHelper output)
{
    private const int Rollouts = 200;
    private static readonly Behaviour Good = new(new Durations(0.01, 0.8)) { ErrorRate = 0.001 };

    private static readonly RolloutPlan Canary = Some.Plan with
    {
        Steps = [.. Some.Plan.Steps.Select(step => step with { Dwell = TimeSpan.FromSeconds(10) })],
    };

    private static readonly RolloutPlan Shadow = Canary with { Strategy = RolloutStrategy.Shadow, Steps = RolloutPlan.DefaultSteps(RolloutStrategy.Shadow) };

    [Theory]
    [InlineData(1000)]
    [InlineData(50)]
    public void One_that_fails_all_calls(double callsPerSecond) => AssertGoesBack(
        "fails always, as canary of 1 %", GuardKind.ErrorRate, new Trial(Canary, Good, Good with { ErrorRate = 1 }) { CallsPerSecond = callsPerSecond });

    [Theory]
    [InlineData(1000)]
    [InlineData(50)]
    public void One_that_fails_five_of_a_hundred_calls(double callsPerSecond) => AssertGoesBack(
        "fails 5 %, as canary of 1 %", GuardKind.ErrorRate, new Trial(Canary, Good, Good with { ErrorRate = 0.05 }) { CallsPerSecond = callsPerSecond });

    [Theory]
    [InlineData(1000)]
    [InlineData(50)]
    public void One_that_is_three_times_slower(double callsPerSecond) => AssertGoesBack(
        "3 times slower, as canary of 1 %", GuardKind.P50, new Trial(Canary, Good, Good with { Slowness = 3 }) { CallsPerSecond = callsPerSecond });

    [Theory]
    [InlineData(1000)]
    [InlineData(50)]
    public void One_that_answers_wrongly(double callsPerSecond) => AssertGoesBack(
        "20 % wrong, as shadow of all", GuardKind.Disagreement, new Trial(Shadow, Good, Good with { Disagreement = 0.2 }) { CallsPerSecond = callsPerSecond });

    private void AssertGoesBack(string what, GuardKind guard, Trial trial)
    {
        var outcomes = Enumerable.Range(0, Rollouts).AsParallel().Select(trial.Run).ToArray();

        var calls = outcomes.Select(outcome => outcome.Calls).Order().ToArray();
        var seconds = outcomes.Select(outcome => outcome.Seconds).Order().ToArray();
        output.WriteLine(
            $"{what}, {trial.CallsPerSecond} calls/s: back after {calls[Rollouts / 2]} calls of it and {seconds[Rollouts / 2]} s (median of {Rollouts}), {calls[^1]} calls and {seconds[^1]} s (worst)");
        Assert.All(outcomes, outcome => Assert.Equal((RolloutPhase.RolledBack, 0), (outcome.Phase, outcome.Step)));
        Assert.All(outcomes, outcome => Assert.Contains(outcome.Guard, guard == GuardKind.P50 ? [GuardKind.P50, GuardKind.P99] : new GuardKind?[] { guard }));
    }
}
