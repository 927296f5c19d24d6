using System.Collections.Concurrent;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Counting;

/// <summary>The tallies of one process. A call counts under the step it was routed by, also when it ends in the next one.</summary>
public sealed class RolloutTallies
{
    private readonly ConcurrentDictionary<TallyKey, RolloutTally> tallies = new();

    /// <summary>The tally of a route's rollout and step.</summary>
    public RolloutTally Of(RolloutRoute rollout) =>
        tallies.GetOrAdd(new TallyKey(rollout.Id, rollout.Step), static _ => new RolloutTally());

    /// <summary>What was counted by step for one rollout.</summary>
    public IReadOnlyDictionary<int, StepCounts> Read(string rollout) =>
        tallies.Where(pair => pair.Key.Rollout == rollout).ToDictionary(pair => pair.Key.Step, pair => pair.Value.Read());

    /// <summary>Drops what belongs to a rollout that has ended.</summary>
    public void Forget(Func<string, bool> isUnderWay)
    {
        foreach (var key in tallies.Keys.Where(key => !isUnderWay(key.Rollout)))
        {
            tallies.TryRemove(key, out _);
        }
    }
}

/// <summary>Under what a process counts: a rollout and its step.</summary>
public readonly record struct TallyKey(string Rollout, int Step);
