using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Simulation;

/// <summary>New versions that turn bad after a good start.</summary>
public sealed class LateCanaryTests(ITestOutputHelper output)
{
    private const int Rollouts = 50;
    private const int TurnsBad = 600;

    private static readonly Behaviour Good = new(new Durations(0.01, 0.8)) { ErrorRate = 0.001 };

    private static readonly RolloutPlan Plan = Some.Plan with
    {
        Steps = [new RolloutStep { Canary = new Share(100_000), Dwell = TimeSpan.FromSeconds(20) }], KeepWarm = TimeSpan.FromHours(1),
    };

    [Fact]
    public void One_that_begins_to_fail_five_of_a_hundred_calls_is_not_covered_by_its_good_past() => AssertGoesBack(
        "begins to fail 5 %", GuardKind.ErrorRate, 30, Good with { ErrorRate = 0.05 });

    [Fact]
    public void One_that_becomes_three_times_slower_is_not_covered_by_its_good_past() => AssertGoesBack(
        "becomes 3 times slower", GuardKind.P50, 30, Good with { Slowness = 3 });

    private void AssertGoesBack(string what, GuardKind guard, int withinSeconds, Behaviour later)
    {
        var trial = new Trial(Plan, Good, Good) { Later = later, LaterFrom = TurnsBad, CallsPerSecond = 200 };
        var outcomes = Enumerable.Range(0, Rollouts).AsParallel().Select(trial.Run).ToArray();

        var seconds = outcomes.Select(outcome => outcome.Seconds - TurnsBad).Order().ToArray();
        output.WriteLine(
            $"{what} {TurnsBad} s after the switch, {trial.CallsPerSecond} calls/s: back {seconds[Rollouts / 2]} s later (median of {Rollouts}), {seconds[^1]} s (worst)");
        Assert.All(outcomes, outcome => Assert.Equal((RolloutPhase.RolledBack, 1), (outcome.Phase, outcome.Step)));
        Assert.All(outcomes, outcome => Assert.Contains(outcome.Guard, guard == GuardKind.P50 ? [GuardKind.P50, GuardKind.P99] : new GuardKind?[] { guard }));
        Assert.InRange(seconds[^1], 1, withinSeconds);
    }
}
