using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Guarding;

/// <summary>
/// How long a quantile of a new version's durations may be: so many times as long as the control group's, or by so much longer, whichever
/// is more.
/// </summary>
internal readonly record struct LatencyLimit(GuardKind Guard, double Quantile, double Ratio, TimeSpan Increase)
{
    // What is compared with calls made under other circumstances may differ by far more than its fault is.
    private const int UnlikeFactor = 10;

    /// <summary>The limit where the durations compared were not measured alike.</summary>
    public LatencyLimit ForUnlike() => this with { Increase = UnlikeFactor * Increase };

    /// <summary>The longest duration that is well.</summary>
    public TimeSpan Of(TimeSpan control) => control * Ratio is var longer && longer > control + Increase ? longer : control + Increase;
}
