namespace Krewe.Serving.Repository.Scanning;

/// <summary>
/// When files count: once they have stayed as they are for the settle time. All that is decided about that is decided here; whether a
/// version's files are whole, or were published whole, is for <see cref="VersionWatch"/>.
/// </summary>
internal sealed class StabilityPolicy(TimeSpan settleTime, TimeProvider time)
{
    // A broken file that has not changed for this many settle times stays broken.
    private const int GiveUpAfter = 10;

    // A copy that goes on for longer than so many settle times after the start does not keep the process from being ready.
    private const int MaxFirstSettles = 15;

    /// <summary>A window for something that can change.</summary>
    public StabilityWindow<T> Watch<T>()
        where T : IEquatable<T> => new(settleTime, settleTime * GiveUpAfter, time);

    /// <summary>Why the start waits for models whose files have just been written; empty where it does not, or not any more.</summary>
    /// <param name="unsettled">How many models have files that have not settled.</param>
    /// <param name="sinceStart">How long ago the start was.</param>
    public string Describe(int unsettled, TimeSpan sinceStart) => unsettled == 0 || sinceStart >= settleTime * MaxFirstSettles
        ? ""
        : $"{unsettled} of the models have just been written: they are read once their files have stayed as they are for "
            + $"{settleTime.TotalSeconds:0.#} s";
}

/// <summary>Measures how long something has stayed as it is.</summary>
internal sealed class StabilityWindow<T>(TimeSpan settleTime, TimeSpan timeout, TimeProvider time)
    where T : IEquatable<T>
{
    private T? seen;
    private bool hasSeen;
    private long since;
    private TimeSpan credit;
    private TimeSpan age;

    /// <summary>It has stayed as it is for so long that what is wrong with it will not mend itself.</summary>
    public bool IsTimedOut => age >= timeout;

    /// <summary>
    /// Says whether the state has been seen for the settle time without a change. At start-up the time since the last writing counts as
    /// well: it happened before anybody looked. Later only looking counts, for copies can carry old times.
    /// </summary>
    public bool HasSettled(T state, DateTimeOffset lastWrite, ScanMoment moment)
    {
        if (!hasSeen || !state.Equals(seen))
        {
            (seen, hasSeen, since) = (state, true, moment.Timestamp);
            credit = moment.IsFirst && moment.UtcNow > lastWrite ? moment.UtcNow - lastWrite : TimeSpan.Zero;
        }

        age = credit + time.GetElapsedTime(since, moment.Timestamp);
        return age >= settleTime;
    }

    /// <summary>Discards the observation.</summary>
    public void Reset() => (seen, hasSeen) = (default, false);
}

/// <summary>When a scan of the repository began.</summary>
/// <param name="Timestamp">From <see cref="TimeProvider.GetTimestamp"/>, to measure by.</param>
/// <param name="UtcNow">To compare with the times of files.</param>
/// <param name="IsFirst">True for the scan at startup.</param>
internal readonly record struct ScanMoment(long Timestamp, DateTimeOffset UtcNow, bool IsFirst);
