namespace Krewe.Rollouts;

/// <summary>What a guard finds.</summary>
/// <param name="State">How bad it is.</param>
/// <param name="Numbers">What it rests on; null for <see cref="GuardState.Healthy"/>.</param>
internal readonly record struct GuardFinding(GuardState State, GuardBreach? Numbers)
{
    public static GuardFinding Healthy => default;

    /// <summary>Over the threshold with numbers that have a probability in each of the two bounds.</summary>
    public static GuardFinding Over(GuardBreach numbers, double probability, GuardLevel level) => new(
        probability < level.Candidate ? GuardState.Signal : GuardState.InDoubt,
        numbers with { PValue = Math.Min(1, probability + level.Serving) });
}
