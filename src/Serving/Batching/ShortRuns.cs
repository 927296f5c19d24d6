namespace Krewe.Serving.Batching;

/// <summary>
/// Decides which requests of a version run on the thread pool, where they came from, because handing them to a runner thread and back would
/// take longer than the run. How long runs take is measured, with the size of their inputs, and measured again with every run. Lock-free:
/// an update that another thread overwrites is made up for by the next.
/// </summary>
internal sealed class ShortRuns
{
    /// <summary>Runs up to this typical duration may be on the pool while requests for the version come one at a time.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromMicroseconds(200);

    /// <summary>Runs up to this typical duration are always on the pool: two thread switches take as long.</summary>
    public static readonly TimeSpan Tiny = TimeSpan.FromMicroseconds(20);

    /// <summary>A run of this duration ends runs of its size on the pool until many were short again.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromMilliseconds(10);

    // A longer run counts as this long: most such times are those of a thread that had to wait for the processor.
    private static readonly long Most = 2 * Short.Ticks;
    private const int Weight = 16;

    /// <summary>Batches in a row with a single request, after which requests are taken to come one at a time.</summary>
    private const int Calm = 16;
    private long largest = -1;

    // In ticks, as an exponential moving average.
    private long typical = Most;
    private int idleRuns;
    private int single;

    /// <summary>Requests that may share a run on the pool, however their durations add up.</summary>
    public int MostRows => (int)(Short.Ticks / Math.Max(1, Volatile.Read(ref typical)));

    /// <summary>Whether the run of a request with this many bytes of inputs is tiny.</summary>
    public bool IsTiny(long inputBytes) => IsShorter(inputBytes, Tiny);

    /// <summary>
    /// Whether it is short, and requests come one at a time: two that meet are better off as a batch. End it with <see cref="EndIdle"/>.
    /// </summary>
    public bool TryBeginIdle(long inputBytes)
    {
        if (Volatile.Read(ref single) < Calm || !IsShorter(inputBytes, Short))
        {
            return false;
        }

        var isIdle = Interlocked.CompareExchange(ref idleRuns, 1, 0) == 0;
        if (!isIdle)
        {
            AddBatch(2);
        }

        return isIdle;
    }

    /// <summary>Ends what <see cref="TryBeginIdle"/> began.</summary>
    public void EndIdle() => Volatile.Write(ref idleRuns, 0);

    /// <summary>Learns how many requests were taken from the queue at once.</summary>
    public void AddBatch(int requests) => Volatile.Write(ref single, requests > 1 ? 0 : Math.Min(Volatile.Read(ref single) + 1, Calm));

    /// <summary>Learns from a run, on the pool or not.</summary>
    /// <param name="inputBytes">The bytes of all its inputs.</param>
    /// <param name="duration">Its duration.</param>
    public void Add(long inputBytes, TimeSpan duration)
    {
        var (known, average) = (Volatile.Read(ref largest), Volatile.Read(ref typical));
        if (duration >= Long && inputBytes <= known)
        {
            Volatile.Write(ref largest, inputBytes - 1);
            Volatile.Write(ref typical, Most);
            return;
        }

        if (duration <= Short && inputBytes > known)
        {
            Volatile.Write(ref largest, inputBytes);
        }
        else if (inputBytes > known)
        {
            return;
        }

        // Nearly unchanged, it is not written, so that its cache line stays where it is.
        var change = (Math.Min(duration.Ticks, Most) - average) / Weight;
        if (change != 0)
        {
            Volatile.Write(ref typical, average + change);
        }
    }

    private bool IsShorter(long inputBytes, TimeSpan limit) =>
        inputBytes <= Volatile.Read(ref largest) && Volatile.Read(ref typical) <= limit.Ticks;
}
