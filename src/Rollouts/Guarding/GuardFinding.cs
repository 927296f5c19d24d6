using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Guarding;

/// <summary>The result of evaluating a guard.</summary>
/// <param name="State">How severe it is.</param>
/// <param name="Numbers">The numbers behind it; null for <see cref="GuardState.Healthy"/>.</param>
internal readonly record struct GuardFinding(GuardState State, GuardBreach? Numbers)
{
    public static GuardFinding Healthy => default;

    /// <summary>Over the threshold; the p-value holds if the serving version is within its bound.</summary>
    public static GuardFinding Over(GuardBreach numbers, GuardLevel level, Func<double> findProbability)
    {
        if (level == GuardLevel.ThresholdOnly)
        {
            return new GuardFinding(GuardState.InDoubt, numbers);
        }

        var probability = findProbability();
        return new GuardFinding(
            probability < level.Candidate ? GuardState.Signal : GuardState.InDoubt,
            numbers with { PValue = Math.Min(1, probability + level.Serving) });
    }
}

/// <summary>The state of a guard, from good to bad.</summary>
internal enum GuardState
{
    /// <summary>Within the threshold, or too few calls.</summary>
    Healthy,

    /// <summary>Over the threshold, possibly by chance.</summary>
    InDoubt,

    /// <summary>Over the threshold by more than chance.</summary>
    Signal,
}
