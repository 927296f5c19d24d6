namespace Krewe.Serving;

/// <summary>Which waiting requests go into the next run; pure.</summary>
internal static class BatchPlan
{
    /// <summary>About what it takes until a sleeping thread runs.</summary>
    public static readonly TimeSpan WakeUpTime = TimeSpan.FromMicroseconds(50);

    /// <summary>
    /// Whether <paramref name="next"/> fits a run that starts with <paramref name="first"/> and has
    /// <paramref name="taken"/> rows already. The first one always does: what is too large alone is split later.
    /// </summary>
    public static bool Fits(PendingInference first, PendingInference next, int taken, int maxBatchSize) =>
        taken == 0 || (taken + next.Rows <= maxBatchSize && first.CanShareRunWith(next));

    /// <summary>
    /// Whether another run is worth starting beside <paramref name="activeRuns"/>: a first one for anything that waits; a further one
    /// when at least half of what the last one took has gathered, so that runs side by side do not tear batches apart, and when the
    /// last one took longer than it takes to wake a thread: otherwise the run under way is over before the other begins.
    /// </summary>
    public static bool IsWorthARun(int waiting, int activeRuns, int lastTaken, TimeSpan lastDuration) =>
        activeRuns == 0 ? waiting > 0 : waiting >= Math.Max(1, lastTaken / 2) && lastDuration >= WakeUpTime;
}
