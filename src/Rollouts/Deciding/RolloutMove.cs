using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Deciding;

/// <summary>What is to be done with a rollout now.</summary>
public abstract record RolloutMove
{
    private RolloutMove()
    {
    }

    /// <summary>Nothing.</summary>
    public sealed record Stay : RolloutMove;

    /// <summary>
    /// Remember how often the guards have looked, what one of them said, and which calls they look at. It need not be durable at once: what
    /// is lost of it costs a look.
    /// </summary>
    public sealed record Look(int Looks, GuardSignal? Signal, GuardWindow? Window = null) : RolloutMove;

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
