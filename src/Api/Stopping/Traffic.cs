namespace Krewe.Api.Stopping;

/// <summary>Counts requests in flight and records when the last one ended. Lock-free: on the request path.</summary>
internal sealed class Traffic(TimeProvider time)
{
    private long inFlight;
    private long lastEnd = time.GetTimestamp();
    private volatile bool any;

    /// <summary>Requests in flight.</summary>
    public long InFlight => Interlocked.Read(ref inFlight);

    public void Enter() => Interlocked.Increment(ref inFlight);

    /// <summary>Ends a request at a timestamp of the same clock.</summary>
    public void Leave(long timestamp)
    {
        Volatile.Write(ref lastEnd, timestamp);
        any = true;
        Interlocked.Decrement(ref inFlight);
    }

    /// <summary>True if no request is in flight and none has ended for that long.</summary>
    public bool IsQuiet(TimeSpan since) => InFlight == 0 && (!any || time.GetElapsedTime(Volatile.Read(ref lastEnd)) >= since);
}
