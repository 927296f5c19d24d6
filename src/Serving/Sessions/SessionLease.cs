namespace Krewe.Serving.Sessions;

/// <summary>
/// Counts the users of a session. Callers hold leases; once closed, no more are given out, and when the last one is returned the session
/// can be freed.
/// </summary>
internal class SessionLease(TimeProvider time, Action onIdle)
{
    private const int ClosedBit = int.MinValue;
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long lastUsed = time.GetTimestamp();
    private int leases;

    /// <summary>Timestamp of the last lease return by a foreground call.</summary>
    public long LastUsed => Volatile.Read(ref lastUsed);

    /// <summary>Completes once it is closed and all leases are returned.</summary>
    public Task Drained => drained.Task;

    public bool IsIdle => Volatile.Read(ref leases) == 0;

    /// <summary>True if it gives out no more leases.</summary>
    public bool IsClosed => Volatile.Read(ref leases) < 0;

    /// <summary>Takes a lease; false once closed.</summary>
    public bool TryLease()
    {
        for (var seen = Volatile.Read(ref leases); seen >= 0; seen = Volatile.Read(ref leases))
        {
            if (Interlocked.CompareExchange(ref leases, seen + 1, seen) == seen)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns a lease; <paramref name="isUse"/> is false for calls that do not reset the idle time.</summary>
    public void Return(bool isUse = true)
    {
        if (isUse)
        {
            Volatile.Write(ref lastUsed, time.GetTimestamp());
        }

        var left = Interlocked.Decrement(ref leases);
        if (left == ClosedBit)
        {
            drained.TrySetResult();
        }
        else if (left == 0)
        {
            onIdle();
        }
    }

    /// <summary>Closes it if no lease is held; returns whether it did.</summary>
    public bool TryCloseIdle()
    {
        var closed = Interlocked.CompareExchange(ref leases, ClosedBit, 0) == 0;
        if (closed)
        {
            drained.TrySetResult();
        }

        return closed;
    }

    /// <summary>Gives out no more leases; existing ones stay valid.</summary>
    public void Close()
    {
        if (Interlocked.Or(ref leases, ClosedBit) == 0)
        {
            drained.TrySetResult();
        }
    }
}
