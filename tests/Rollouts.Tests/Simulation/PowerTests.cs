using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Simulation;

/// <summary>
/// What the guards see near their thresholds: how many of new versions that are so bad, no worse, go back within so many calls. A version that just keeps its threshold
/// goes back as seldom as the level says; one that is well over it goes back.
/// </summary>
public sealed class PowerTests(ITestOutputHelper output)
{
    private const int Rollouts = 100;
    private const int Calls = 5000;
    private const int CallsPerSecond = 1000;
    private static readonly Durations Durations = new(0.01, 0.8);
    private static readonly Behaviour Good = new(Durations) { ErrorRate = 0.001 };

    private static readonly RolloutPlan Canary = Some.Plan with
    {
        Steps = [new RolloutStep { Canary = new Share(50_000), Dwell = TimeSpan.FromHours(1) }],
    };

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.02)]
    [InlineData(0.03)]
    [InlineData(0.05)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    public void Errors(double more) => AssertPower("error rate", "more of the calls", more, 0.01, 0.03, Canary, Good with { ErrorRate = Good.ErrorRate + more });

    [Theory]
    [InlineData(1.5)]
    [InlineData(1.75)]
    [InlineData(2)]
    [InlineData(3)]
    public void Median(double ratio) => AssertPower(
        "p50", "times as long", ratio, 1.5, 2, Canary with { Guards = Canary.Guards with { MaxP99Ratio = null } }, Good with { Slowness = ratio });

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Tail(double ratio) => AssertPower(
        "p99", "times as long", ratio, 2, 5, Canary with { Guards = Canary.Guards with { MaxP50Ratio = null } }, Good with { Slowness = ratio });

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.08)]
    [InlineData(0.1)]
    [InlineData(0.2)]
    public void Disagreement(double part) => AssertPower(
        "disagreement", "of the answers", part, 0.05, 0.1,
        Canary with { Strategy = RolloutStrategy.Shadow, Steps = [new RolloutStep { Shadow = new Share(50_000), Dwell = TimeSpan.FromHours(1) }] },
        Good with { Disagreement = part });

    private void AssertPower(string guard, string unit, double value, double threshold, double sure, RolloutPlan plan, Behaviour version)
    {
        var trial = new Trial(plan, Good, version) { CallsPerSecond = CallsPerSecond, Longest = Calls * 20 / CallsPerSecond };
        var outcomes = Enumerable.Range(0, Rollouts).AsParallel().Select(trial.Run).ToArray();

        var calls = outcomes.Where(outcome => outcome.Phase == RolloutPhase.RolledBack).Select(outcome => outcome.Calls).Order().ToArray();
        var half = calls.Length > Rollouts / 2 ? $"half of them by {calls[Rollouts / 2]}" : "less than half of them";
        output.WriteLine($"{guard}, {value} {unit}: {calls.Length} of {Rollouts} go back within {Calls} calls, {half}");
        Assert.False(value <= threshold && calls.Length > Rollouts / 50, "a version that keeps the threshold went back");
        Assert.False(value >= sure && calls.Length < Rollouts, "a version that is far over the threshold did not go back");
    }
}
