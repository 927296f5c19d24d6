namespace Krewe.Serving.Statistics;

/// <summary>Counters of the whole process.</summary>
internal sealed class ServingCounters
{
    /// <summary>Upper bounds of the load time histogram, in seconds.</summary>
    public static readonly double[] LoadSecondsBounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

    private readonly long[] evictions = new long[Enum.GetValues<EvictionReason>().Length];
    private readonly long[] loadsByBound = new long[LoadSecondsBounds.Length + 1];
    private long loadFailures;
    private long loadTicks;
    private long misses;

    /// <summary>Calls whose version was not in memory.</summary>
    public long Misses => Volatile.Read(ref misses);

    public long LoadFailures => Volatile.Read(ref loadFailures);

    public double LoadSeconds => TimeSpan.FromTicks(Volatile.Read(ref loadTicks)).TotalSeconds;

    public void AddMiss() => Interlocked.Increment(ref misses);

    public void AddLoadFailure() => Interlocked.Increment(ref loadFailures);

    public void AddEviction(EvictionReason reason) => Interlocked.Increment(ref evictions[(int)reason]);

    public long Evictions(EvictionReason reason) => Volatile.Read(ref evictions[(int)reason]);

    public void AddLoad(TimeSpan duration)
    {
        var bound = Array.FindIndex(LoadSecondsBounds, bound => duration.TotalSeconds <= bound);
        Interlocked.Increment(ref loadsByBound[bound < 0 ? LoadSecondsBounds.Length : bound]);
        Interlocked.Add(ref loadTicks, duration.Ticks);
    }

    /// <summary>Cumulative counts of loads per bound; the last one counts all.</summary>
    public long[] LoadsUpTo()
    {
        var cumulative = new long[loadsByBound.Length];
        for (var i = 0; i < cumulative.Length; i++)
        {
            cumulative[i] = Volatile.Read(ref loadsByBound[i]) + (i > 0 ? cumulative[i - 1] : 0);
        }

        return cumulative;
    }
}
