namespace Krewe.Rollouts;

/// <summary>One step of a rollout. It is over when both its time and its requests have passed and no guard is in doubt.</summary>
public sealed record RolloutStep
{
    /// <summary>The longest <see cref="Dwell"/>.</summary>
    public static TimeSpan MaxDwell { get; } = TimeSpan.FromDays(30);

    /// <summary>The share of the calls that the new version answers.</summary>
    public Share Canary { get; init; }

    /// <summary>The share of the serving version's calls that are copied to the new version.</summary>
    public Share Shadow { get; init; }

    /// <summary>The least time the step takes; pauses do not count.</summary>
    public TimeSpan Dwell { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The least number of calls that the new version must have answered in this step, copies included.</summary>
    public long MinRequests { get; init; } = 500;
}
