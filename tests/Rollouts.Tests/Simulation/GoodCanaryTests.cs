using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Simulation;

/// <summary>New versions that are as good as the old one.</summary>
[Trait("category", "slow")]
public sealed class GoodCanaryTests(ITestOutputHelper output)
{
    private const int Rollouts = 1000;
    private static readonly double[] ErrorRates = [0, 0.001, 0.02];
    private static readonly double[] CallsPerSecond = [50, 100, 200, 200, 500, 500, 1000, 1000, 1000, 2000];
    private static readonly Durations[] Tails = [new(0.01, 0.4), new(0.01, 0.8), new(0.01, 1.2)];

    [Fact]
    public void At_most_one_in_a_hundred_goes_back() => AssertFewGoBack("independent calls", trial => trial);

    [Fact]
    public void Pauses_of_either_version_and_foul_seconds_of_both_send_few_back() => AssertFewGoBack(
        "pauses of up to half a second twice a minute in each version, and a foul second a minute in both",
        trial => trial with
        {
            Plan = WithDwell(30), Serving = trial.Serving with { StallsPerSecond = 1 / 30d }, New = trial.New with { StallsPerSecond = 1 / 30d }, FoulSeconds = 1 / 60d,
        });

    [Fact]
    public void One_bad_second_of_the_new_version_in_each_step_sends_few_back() => AssertFewGoBack(
        "one second of each step in which half of the new version's calls fail and the others stand still", trial => trial with { WorstSecond = 4 });

    private void AssertFewGoBack(string what, Func<Trial, Trial> change)
    {
        var outcomes = Enumerable.Range(0, Rollouts).AsParallel().Select(seed => change(Make(seed)).Run(seed)).ToArray();

        var promoted = outcomes.Count(outcome => outcome.Phase == RolloutPhase.Promoted);
        var back = outcomes.Where(outcome => outcome.Phase == RolloutPhase.RolledBack).ToArray();
        output.WriteLine($"{what}: of {Rollouts} good canaries {promoted} were promoted within two hours, {back.Length} went back");
        Assert.InRange(back.Length, 0, Rollouts / 100);
        Assert.InRange(promoted, Rollouts - (Rollouts / 100), Rollouts);
    }

    private static RolloutPlan WithDwell(int seconds) => Some.Plan with
    {
        Steps = [.. Some.Plan.Steps.Select(step => step with { Dwell = TimeSpan.FromSeconds(seconds) })], KeepWarm = TimeSpan.FromSeconds(2 * seconds),
    };

    private static Trial Make(int seed)
    {
        var good = new Behaviour(Tails[seed % 3]) { ErrorRate = ErrorRates[seed / 3 % 3] };
        return new Trial(WithDwell(10), good, good) { CallsPerSecond = CallsPerSecond[seed / 9 % CallsPerSecond.Length] };
    }
}
