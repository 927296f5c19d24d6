namespace Krewe.Serving.Sessions;

/// <summary>
/// Who uses a session. Callers hold leases; once closed it gives out no more, and when the last one is back the session can be freed.
/// </summary>
internal class SessionLease(TimeProvider time, Action onIdle)
{
    private const int ClosedBit = int.MinValue;
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long lastUsed = time.GetTimestamp();
    private int leases;

    /// <summary>Timestamp of the last time a lease came back from a real call.</summary>
    public long LastUsed => Volatile.Read(ref lastUsed);

    /// <summary>Done once it is closed and no lease is out.</summary>
    public Task Drained => drained.Task;

    public bool IsIdle => Volatile.Read(ref leases) == 0;

    /// <summary>It gives out no more leases.</summary>
    public bool IsClosed => Volatile.Read(ref leases) < 0;

    /// <summary>False once closed.</summary>
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

    /// <summary>Gives a lease back; what is no use of the version does not keep it in memory any longer.</summary>
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

    /// <summary>Closes it where nobody holds a lease; says whether it did.</summary>
    public bool TryCloseIdle()
    {
        var closed = Interlocked.CompareExchange(ref leases, ClosedBit, 0) == 0;
        if (closed)
        {
            drained.TrySetResult();
        }

        return closed;
    }

    /// <summary>No more leases; those out stay good.</summary>
    public void Close()
    {
        if (Interlocked.Or(ref leases, ClosedBit) == 0)
        {
            drained.TrySetResult();
        }
    }
}
