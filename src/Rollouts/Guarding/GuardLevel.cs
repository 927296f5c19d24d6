using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.Guarding;

/// <summary>
/// The significance level of one evaluation: with probability <paramref name="Serving"/> the serving version is worse than the bound drawn
/// from its calls, and with probability <paramref name="Candidate"/> a new version that meets the threshold looks as bad as observed.
/// </summary>
internal readonly record struct GuardLevel(double Serving, double Candidate)
{
    /// <summary>
    /// The false-alarm probability of a whole rollout, for independent calls of a version that just meets all thresholds.
    /// </summary>
    public const double PerRollout = 0.01;

    // Error rate of calls, error rate of copies, p50, p99, disagreement.
    private const int Tests = 5;

    // About the number of evaluations in which a bad canary shows.
    private const int EvaluationsOfEqualWeight = 9;

    /// <summary>Compares with the threshold only; no probability is computed.</summary>
    public static GuardLevel ThresholdOnly { get; } = new(1, 0);

    /// <summary>For the calls after a signal.</summary>
    public static GuardLevel Confirming { get; } = new(0.5, 0.05);

    /// <summary>
    /// The level of one evaluation (alpha spending). <see cref="PerRollout"/> is split evenly over the steps, the time after them, and the
    /// tests of each. The windows of a step get 1/2, 1/6, 1/12, … of that, and the evaluations of a window slowly falling parts; the sum
    /// never exceeds the whole.
    /// </summary>
    public static GuardLevel OfEvaluation(RolloutPlan plan, int window, int evaluation)
    {
        var perTest = PerRollout / Tests / (plan.Steps.Length + 1);
        var level = perTest * PartOf(window, 0) * PartOf(evaluation, EvaluationsOfEqualWeight);
        return new GuardLevel(level / 2, level / 2);
    }

    /// <summary>The parts of the numbers 1, 2, 3…: (s + 1) / ((n + s) (n + s + 1)), which sum to 1.</summary>
    private static double PartOf(int number, double slowness) => (slowness + 1) / ((number + slowness) * (number + slowness + 1));
}
