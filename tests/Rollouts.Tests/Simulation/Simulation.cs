using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Simulation;

/// <summary>One rollout, second by second, decided by what hosts decide by.</summary>
internal sealed class Simulation(Trial trial, Dice random)
{
    private const int SecondsOfWarmUp = 5;
    private readonly Dictionary<int, StepCounts> counts = [];
    private DateTimeOffset now = Some.Noon;
    private ModelTraffic traffic = RolloutMachine.Start(
        ModelTraffic.None, trial.Plan, new ModelVersion(1), "a", new ChangeAuthor("anna", "", Some.Noon));

    private Rollout Rollout => traffic.Rollout!;

    public Outcome Run()
    {
        for (var second = 0; second < SecondsOfWarmUp; second++)
        {
            Pass();
        }

        traffic = RolloutMachine.Warmed(traffic, now);
        for (var second = 0; second < trial.Longest && traffic.ActiveRollout is { } rollout; second++)
        {
            Pass();
            traffic = RolloutMachine.Apply(traffic, RolloutDecision.Decide(rollout, counts, now), now);
        }

        var last = counts.GetValueOrDefault(Rollout.Step, StepCounts.Empty);
        return new Outcome(Rollout.Phase, Rollout.Step, SecondOfStep, last.Canary.Requests + last.Shadow.Requests, Rollout.Breach?.Guard);
    }

    private int SecondOfStep => (int)(now - Rollout.StepSince).TotalSeconds;

    private void Pass()
    {
        var route = RolloutRoute.Of(Rollout);
        var weather = random.NextDouble() < trial.FoulSeconds ? Weather.Foul : Weather.Fair;
        var ofNew = trial.WorstSecond > 0 && SecondOfStep == trial.WorstSecond ? Weather.Worst : weather;
        var version = trial.Later is { } later && Rollout.Step == trial.Plan.Steps.Length && SecondOfStep >= trial.LaterFrom ? later : trial.New;
        var canary = PartOf(route.Canary);
        var shadow = version.Draw(trial.CallsPerSecond * (1 - canary) * PartOf(route.Shadow), ofNew, random);
        var compared = shadow.Requests - shadow.Errors;
        var paired = canary is > 0 and < 1 || route.IsTwinned ? Math.Min(canary, ControlGroup.MaxPercent / 100d) : 0;
        var drawn = new StepCounts(
            trial.Serving.Draw(trial.CallsPerSecond * (1 - canary), weather, random),
            version.Draw(trial.CallsPerSecond * canary, ofNew, random),
            shadow,
            new ComparisonCounts { Compared = compared, Disagreements = random.Binomial(compared, version.Disagreement) })
        {
            Pairs = new LatencyPairs(
                trial.Serving.Draw(trial.CallsPerSecond * paired, weather, random).Latency,
                version.Draw(trial.CallsPerSecond * paired, ofNew, random).Latency, 0),
        };
        counts[route.Step] = counts.GetValueOrDefault(route.Step, StepCounts.Empty).Add(drawn);
        now += TimeSpan.FromSeconds(1);
    }

    private static double PartOf(Share share) => share.PartsPerMillion / (double)Share.Whole;
}
