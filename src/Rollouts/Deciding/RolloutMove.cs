namespace Krewe.Rollouts;

/// <summary>What is to be done with a rollout now.</summary>
public abstract record RolloutMove
{
    private RolloutMove()
    {
    }

    /// <summary>Nothing.</summary>
    public sealed record Stay : RolloutMove;

    /// <summary>Remember how often the guards have looked, and what one of them said.</summary>
    public sealed record Look(int Looks, GuardSignal? Signal) : RolloutMove;

    /// <summary>The next step.</summary>
    public sealed record NextStep : RolloutMove;

    /// <summary>All steps are done: an operator is to promote.</summary>
    public sealed record AwaitPromotion : RolloutMove;

    /// <summary>All calls to the new version.</summary>
    public sealed record Switch : RolloutMove;

    /// <summary>The old version need not be kept any longer.</summary>
    public sealed record Finish : RolloutMove;

    /// <summary>All calls to the old version.</summary>
    public sealed record RollBack(GuardBreach Breach) : RolloutMove;
}
