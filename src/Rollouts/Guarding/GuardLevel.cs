using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.Guarding;

/// <summary>
/// How improbable numbers must be before a guard speaks: with probability <paramref name="Serving"/> the serving version is worse than the
/// bound that is drawn from its calls, and with probability <paramref name="Candidate"/> a new version that keeps the threshold looks as
/// bad as the one seen.
/// </summary>
internal readonly record struct GuardLevel(double Serving, double Candidate)
{
    /// <summary>The chance that independent calls send back a version which just keeps all thresholds, in a whole rollout.</summary>
    public const double PerRollout = 0.01;

    // Error rate of calls, error rate of copies, p50, p99, disagreement.
    private const int Tests = 5;

    // About as many as it takes a canary to show what it is.
    private const int LooksOfEqualWeight = 9;

    /// <summary>Asks only whether the numbers are over the threshold as they are; nothing needs to be computed for that.</summary>
    public static GuardLevel Silent { get; } = new(1, 0);

    /// <summary>For calls made after a guard has spoken.</summary>
    public static GuardLevel Confirming { get; } = new(0.5, 0.05);

    /// <summary>
    /// For one look. Each step and the time after them get the same part of <see cref="PerRollout"/>, and each test in them. Of that the
    /// windows get a half, a sixth, a twelfth and so on, and the looks of a window parts that fall off slowly; however many there are, they
    /// never sum up to more than the whole.
    /// </summary>
    public static GuardLevel OfLook(RolloutPlan plan, int window, int look)
    {
        var perTest = PerRollout / Tests / (plan.Steps.Length + 1);
        var level = perTest * PartOf(window, 0) * PartOf(look, LooksOfEqualWeight);
        return new GuardLevel(level / 2, level / 2);
    }

    /// <summary>The parts of a whole that the numbers 1, 2, 3... get: (s + 1) / ((n + s) (n + s + 1)), whose sum comes to 1.</summary>
    private static double PartOf(int number, double slowness) => (slowness + 1) / ((number + slowness) * (number + slowness + 1));
}
