using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Deciding;

/// <summary>The next move of a rollout.</summary>
public abstract record RolloutMove
{
    private RolloutMove()
    {
    }

    /// <summary>Nothing to do.</summary>
    public sealed record Stay : RolloutMove;

    /// <summary>
    /// Records an evaluation of the guards: their number in this window, a signal, and the window. It need not be stored at once; losing it
    /// costs one evaluation.
    /// </summary>
    public sealed record RecordEvaluation(int Evaluations, GuardSignal? Signal, GuardWindow? Window = null) : RolloutMove;

    /// <summary>Enter the next step.</summary>
    public sealed record NextStep : RolloutMove;

    /// <summary>All steps are done; wait for an operator to promote.</summary>
    public sealed record AwaitPromotion : RolloutMove;

    /// <summary>Send all calls to the new version.</summary>
    public sealed record Switch : RolloutMove;

    /// <summary>End the rollout; the old version may be unloaded.</summary>
    public sealed record Finish : RolloutMove;

    /// <summary>Send all calls to the old version.</summary>
    public sealed record RollBack(GuardBreach Breach) : RolloutMove;
}
