using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Guarding;

/// <summary>What a guard finds.</summary>
/// <param name="State">How bad it is.</param>
/// <param name="Numbers">What it rests on; null for <see cref="GuardState.Healthy"/>.</param>
internal readonly record struct GuardFinding(GuardState State, GuardBreach? Numbers)
{
    public static GuardFinding Healthy => default;

    /// <summary>Over the threshold, with numbers that have a probability where the serving version keeps its bound.</summary>
    public static GuardFinding Over(GuardBreach numbers, GuardLevel level, Func<double> findProbability)
    {
        if (level == GuardLevel.Silent)
        {
            return new GuardFinding(GuardState.InDoubt, numbers);
        }

        var probability = findProbability();
        return new GuardFinding(
            probability < level.Candidate ? GuardState.Signal : GuardState.InDoubt,
            numbers with { PValue = Math.Min(1, probability + level.Serving) });
    }
}

/// <summary>What a guard finds, from good to bad.</summary>
internal enum GuardState
{
    /// <summary>Within the threshold as far as the numbers go, or too few calls to say.</summary>
    Healthy,

    /// <summary>Over the threshold, which may be chance.</summary>
    InDoubt,

    /// <summary>Over the threshold, which is hardly chance.</summary>
    Signal,
}
