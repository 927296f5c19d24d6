namespace Krewe.Grains.Rollouts;

/// <summary>
/// The clock of a model's rollout: the system's time when the grain was activated or the rollout began, and the monotonic clock since. A
/// jump of the system's clock does not change how long a step lasts.
/// </summary>
internal sealed class RolloutClock(TimeProvider time)
{
    private (DateTimeOffset At, long Timestamp) start = (time.GetUtcNow(), time.GetTimestamp());

    public DateTimeOffset Now => start.At + time.GetElapsedTime(start.Timestamp);

    /// <summary>Begins at the system's time; only while no rollout is active. Returns that time.</summary>
    public DateTimeOffset Restart() => (start = (time.GetUtcNow(), time.GetTimestamp())).At;
}
