using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Guarding;

/// <summary>
/// The limit of a latency quantile: a ratio to the control group's, or an absolute increase over it, whichever is more.
/// </summary>
internal readonly record struct LatencyLimit(GuardKind Guard, double Quantile, double Ratio, TimeSpan Increase)
{
    // Durations measured under different conditions may differ far more than versions do.
    private const int UnlikeFactor = 10;

    /// <summary>The limit for durations measured under different conditions.</summary>
    public LatencyLimit ForUnlike() => this with { Increase = UnlikeFactor * Increase };

    /// <summary>The longest duration within the limit.</summary>
    public TimeSpan Of(TimeSpan control) => control * Ratio is var longer && longer > control + Increase ? longer : control + Increase;
}
