namespace Krewe.Serving.Repository.Scanning;

/// <summary>Measures how long a state has been unchanged.</summary>
internal sealed class StabilityWindow<T>(TimeProvider time)
    where T : IEquatable<T>
{
    private T? seen;
    private bool hasSeen;
    private long since;
    private TimeSpan credit;

    /// <summary>
    /// Returns how long the state has been unchanged. At startup, the time since the last write counts too. Later only observations count,
    /// because copies can preserve old write times.
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

    /// <summary>Discards the observation.</summary>
    public void Reset() => (seen, hasSeen) = (default, false);
}
