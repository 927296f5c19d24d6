namespace Krewe.Rollouts;

/// <summary>Whether a rollout steps, promotes or goes back: a function of its state, what was counted, and the time.</summary>
public static class RolloutDecision
{
    /// <summary>What is to be done now. A rollout that is being warmed up or has ended stays as it is.</summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="counts">What was counted, by step; the counts of steps that are over are the serving version's past.</param>
    /// <param name="now">The time.</param>
    public static RolloutMove Decide(Rollout rollout, IReadOnlyDictionary<int, StepCounts> counts, DateTimeOffset now)
    {
        _ = (counts, now);
        return new RolloutMove.Stay();
    }
}
