using System.Collections.Concurrent;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Counting;

/// <summary>The counters of one process. A call counts under the step that routed it, even if it completes in the next one.</summary>
public sealed class RolloutTallies
{
    private readonly ConcurrentDictionary<TallyKey, RolloutTally> tallies = new();

    /// <summary>The counters of a rollout's step.</summary>
    public RolloutTally Of(RolloutRoute rollout) =>
        tallies.GetOrAdd(new TallyKey(rollout.Id, rollout.Step), static _ => new RolloutTally());

    /// <summary>The counts of a rollout by step.</summary>
    public IReadOnlyDictionary<int, StepCounts> Read(string rollout) =>
        tallies.Where(pair => pair.Key.Rollout == rollout).ToDictionary(pair => pair.Key.Step, pair => pair.Value.Read());

    /// <summary>Drops the counters of rollouts that have ended.</summary>
    public void Forget(Func<string, bool> isUnderWay)
    {
        foreach (var key in tallies.Keys.Where(key => !isUnderWay(key.Rollout)))
        {
            tallies.TryRemove(key, out _);
        }
    }
}

/// <summary>The key of counters: a rollout and its step.</summary>
public readonly record struct TallyKey(string Rollout, int Step);
