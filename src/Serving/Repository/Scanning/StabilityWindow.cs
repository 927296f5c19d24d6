namespace Krewe.Serving.Repository.Scanning;

/// <summary>Measures how long something has stayed as it is.</summary>
internal sealed class StabilityWindow<T>(TimeProvider time)
    where T : IEquatable<T>
{
    private T? seen;
    private bool hasSeen;
    private long since;
    private TimeSpan credit;

    /// <summary>
    /// Says for how long the state has been seen without a change. At start-up the time since the last writing counts as well: it
    /// happened before anybody looked. Later only looking counts, for copies can carry old times.
    /// </summary>
    public TimeSpan Observe(T state, DateTimeOffset lastWrite, ScanMoment moment)
    {
        if (!hasSeen || !state.Equals(seen))
        {
            (seen, hasSeen, since) = (state, true, moment.Timestamp);
            credit = moment.IsFirst && moment.UtcNow > lastWrite ? moment.UtcNow - lastWrite : TimeSpan.Zero;
        }

        return credit + time.GetElapsedTime(since, moment.Timestamp);
    }

    /// <summary>Forgets what was seen.</summary>
    public void Reset() => (seen, hasSeen) = (default, false);
}
