namespace Krewe.Rollouts.States;

/// <summary>What phases have in common.</summary>
public static class RolloutPhases
{
    /// <summary>True until the rollout has ended.</summary>
    public static bool IsUnderWay(this RolloutPhase phase) => phase < RolloutPhase.Promoted;

    /// <summary>True where calls are split between the two versions.</summary>
    public static bool Splits(this RolloutPhase phase) =>
        phase is RolloutPhase.Running or RolloutPhase.Paused or RolloutPhase.AwaitingPromotion;
}
