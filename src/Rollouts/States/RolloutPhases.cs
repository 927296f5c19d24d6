namespace Krewe.Rollouts.States;

/// <summary>Classifies phases.</summary>
public static class RolloutPhases
{
    /// <summary>True until the rollout ends.</summary>
    public static bool IsUnderWay(this RolloutPhase phase) => phase < RolloutPhase.Promoted;

    /// <summary>True if calls are split between the two versions.</summary>
    public static bool Splits(this RolloutPhase phase) =>
        phase is RolloutPhase.Running or RolloutPhase.Paused or RolloutPhase.AwaitingPromotion;
}
