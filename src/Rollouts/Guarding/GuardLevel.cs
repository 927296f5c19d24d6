namespace Krewe.Rollouts;

/// <summary>
/// How improbable numbers must be before a guard speaks: with probability <paramref name="Serving"/> the serving version is worse than the bound that is
/// drawn from its calls, and with probability <paramref name="Candidate"/> a new version that keeps the threshold looks as bad as the one seen.
/// </summary>
internal readonly record struct GuardLevel(double Serving, double Candidate)
{
    /// <summary>The chance that independent calls send back a version which just keeps all thresholds, in a whole rollout.</summary>
    public const double PerRollout = 0.01;

    // Error rate of calls, error rate of copies, p50, p99, disagreement.
    private const int Tests = 5;

    /// <summary>Says nothing but whether the numbers are over the threshold as they are.</summary>
    public static GuardLevel Silent { get; } = new(0.5, 0);

    /// <summary>For calls made after a guard has spoken.</summary>
    public static GuardLevel Confirming { get; } = new(0.5, 0.01);

    /// <summary>
    /// For one look. Each step and the time after them get the same part of <see cref="PerRollout"/>, and each test in them. The first window gets half
    /// of that, the next ones a sixth, a twelfth and so on, as much as 1 / (n (n + 1)); so do the looks of a window. However many there are, the parts
    /// never sum up to more than the whole.
    /// </summary>
    public static GuardLevel OfLook(RolloutPlan plan, int window, int look)
    {
        var perTest = PerRollout / Tests / (plan.Steps.Length + 1);
        var level = perTest / (window * (window + 1d)) / (look * (look + 1d));
        return new GuardLevel(level / 2, level / 2);
    }
}
