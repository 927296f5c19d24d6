using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Tests.Deciding;

/// <summary>A rollout that is decided about every second, as a host does it.</summary>
internal sealed class Watch(Rollout rollout, DateTimeOffset now)
{
    private readonly Dictionary<int, StepCounts> counts = [];

    public Rollout Rollout { get; private set; } = rollout;

    public DateTimeOffset Now { get; private set; } = now;

    public void Add(int step, TrafficRole role, ArmCounts calls)
    {
        var before = counts.GetValueOrDefault(step, StepCounts.Empty);
        counts[step] = role switch
        {
            TrafficRole.Serving => before with { Serving = before.Serving.Add(calls) },
            TrafficRole.Canary => before with { Canary = before.Canary.Add(calls) },
            TrafficRole.Shadow => before with { Shadow = before.Shadow.Add(calls) },
            _ => throw new ArgumentOutOfRangeException(nameof(role)),
        };
    }

    /// <summary>Durations of both versions under like circumstances.</summary>
    public void AddPairs(int step, LatencyPairs pairs)
    {
        var before = counts.GetValueOrDefault(step, StepCounts.Empty);
        counts[step] = before with { Pairs = before.Pairs.Add(pairs) };
    }

    /// <summary>Seconds with the same calls in each; ends with the first move that is more than an evaluation, which it returns.</summary>
    public RolloutMove Run(int seconds, Action addCalls)
    {
        for (var second = 0; second < seconds; second++)
        {
            Now += TimeSpan.FromSeconds(1);
            addCalls();
            switch (RolloutDecision.Decide(Rollout, counts, Now))
            {
                case RolloutMove.RecordEvaluation evaluation:
                    Rollout = Rollout with { Evaluations = evaluation.Evaluations, Signal = evaluation.Signal, Window = evaluation.Window };
                    break;
                case RolloutMove.Stay:
                    break;
                case var move:
                    return move;
            }
        }

        return new RolloutMove.Stay();
    }
}
