namespace Krewe.Api.Stopping;

/// <summary>How many requests are being answered, and when the last one ended. Two interlocked words, for the request path.</summary>
internal sealed class Traffic(TimeProvider time)
{
    private long inFlight;
    private long lastEnd = time.GetTimestamp();
    private volatile bool any;

    /// <summary>Requests begun and not ended.</summary>
    public long InFlight => Interlocked.Read(ref inFlight);

    public void Enter() => Interlocked.Increment(ref inFlight);

    /// <summary>Ends a request at a time stamp of the same clock.</summary>
    public void Leave(long timestamp)
    {
        Volatile.Write(ref lastEnd, timestamp);
        any = true;
        Interlocked.Decrement(ref inFlight);
    }

    /// <summary>True where no request is in flight and none has ended for that long.</summary>
    public bool IsQuiet(TimeSpan since) => InFlight == 0 && (!any || time.GetElapsedTime(Volatile.Read(ref lastEnd)) >= since);
}
