using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.Execution;
using Krewe.Serving.Statistics;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Memory;

/// <summary>
/// Keeps the sessions of this process within a memory budget. A load reserves memory before it starts; if there is not enough, idle
/// sessions that are not held are evicted, least recently used first. Usage is the larger of the sum of measured sessions and the native
/// memory really allocated, so measuring errors do not add up; device memory is not counted. Members that free memory block: call them on a
/// load thread.
/// </summary>
internal sealed partial class MemoryBudget(
    long budgetBytes, ProcessMemory memory, ServingCounters counters, CompletionDispatcher completions, TimeProvider time,
    ILogger<MemoryBudget> logger)
{
    private static readonly TimeSpan TrimInterval = TimeSpan.FromMilliseconds(200);
    private const long TrimSlackBytes = 24L << 20;
    private readonly Lock gate = new();
    private readonly Lock trimming = new();
    private readonly List<IResident> residents = [];
    private readonly long baselineNative = memory.NativeBytesInUse - memory.BytesSetAside;
    private readonly long baselineResident = memory.ResidentBytes;
    private TaskCompletionSource? capacityChange;
    private long accounted;
    private long trimmedAt;

    /// <summary>The budget, in bytes.</summary>
    public long Bytes => budgetBytes;

    /// <summary>Usage by sessions and loads in progress, in bytes.</summary>
    public long AccountedBytes => Volatile.Read(ref accounted);

    /// <summary>The number of sessions in memory.</summary>
    public int ResidentCount
    {
        get
        {
            lock (gate)
            {
                return residents.Count;
            }
        }
    }

    /// <summary>Whether <see cref="TryReserve"/> would succeed now; evicts nothing.</summary>
    public bool CanReserve(long bytes)
    {
        lock (gate)
        {
            var inUse = accounted;
            foreach (var resident in residents)
            {
                inUse -= IsEvictable(resident) ? resident.MemoryBytes : 0;
            }

            return inUse + bytes <= budgetBytes;
        }
    }

    /// <summary>Whether this many bytes are free without evictions.</summary>
    public bool HasFree(long bytes) => AccountedBytes + bytes <= budgetBytes;

    /// <summary>Reserves memory for a load, evicting sessions as needed; false if sessions in use leave too little.</summary>
    public bool TryReserve(long bytes)
    {
        lock (gate)
        {
            var hidden = Math.Max(0, memory.NativeBytesInUse - memory.BytesSetAside - baselineNative - accounted);
            while (accounted + hidden + bytes > budgetBytes)
            {
                if (LeastRecentlyUsed() is { } victim)
                {
                    Free(victim, EvictionReason.Budget);
                }
                else if (hidden > 0)
                {
                    // Temporary allocations of runs must not block a load that fits beside the sessions.
                    hidden = 0;
                }
                else
                {
                    return false;
                }
            }

            accounted += bytes;
        }

        return true;
    }

    /// <summary>
    /// Replaces the reservation of a load by the measured size, evicting more if needed. False if sessions in use leave too little; the
    /// reservation is then released, and the caller must free the session.
    /// </summary>
    public bool TryAdmit(IResident resident, long reservedBytes)
    {
        bool fits;
        lock (gate)
        {
            var difference = resident.MemoryBytes - reservedBytes;
            while (accounted + difference > budgetBytes && LeastRecentlyUsed() is { } victim)
            {
                Free(victim, EvictionReason.Budget);
            }

            fits = accounted + difference <= budgetBytes;
            accounted += fits ? difference : -reservedBytes;
            if (fits)
            {
                residents.Add(resident);
            }
        }

        SignalCapacity();
        return fits;
    }

    /// <summary>Releases the reservation of a failed load.</summary>
    public void Cancel(long reservedBytes)
    {
        lock (gate)
        {
            accounted -= reservedBytes;
        }

        SignalCapacity();
    }

    /// <summary>Frees a closed and drained session.</summary>
    public void FreeDrained(IResident resident, EvictionReason reason)
    {
        lock (gate)
        {
            Free(resident, reason);
        }

        SignalCapacity();
        ReturnFreedMemory(force: true);
    }

    /// <summary>
    /// Evicts sessions that have been idle for their idle time; <paramref name="idleTime"/> applies if the version's settings name none.
    /// </summary>
    public void FreeIdle(TimeSpan idleTime)
    {
        var freed = false;
        lock (gate)
        {
            foreach (var resident in residents.ToArray())
            {
                var limit = resident.IdleTime(idleTime);
                var isDue = limit != Timeout.InfiniteTimeSpan && time.GetElapsedTime(resident.LastUsed) >= limit;
                if (isDue && IsEvictable(resident) && resident.TryCloseIdle())
                {
                    Free(resident, EvictionReason.Idle);
                    freed = true;
                }
            }
        }

        if (freed)
        {
            SignalCapacity();
        }

        ReturnFreedMemory(force: freed);
    }

    /// <summary>
    /// Returns freed memory to the system once the excess is worth walking the heap: resident memory beyond native allocations, the managed
    /// heap and the baseline at process start.
    /// </summary>
    public void ReturnFreedMemory(bool force = false)
    {
        if (!trimming.TryEnter())
        {
            return;
        }

        try
        {
            var managed = GC.GetGCMemoryInfo().TotalCommittedBytes;
            var excess = memory.ResidentBytes - baselineResident - (memory.NativeBytesInUse - baselineNative) - managed;
            if (excess > TrimSlackBytes && (force || time.GetElapsedTime(trimmedAt) >= TrimInterval))
            {
                memory.ReturnFreeMemory();
                trimmedAt = time.GetTimestamp();
            }
        }
        finally
        {
            trimming.Exit();
        }
    }

    /// <summary>Aborts all runs; for shutdown, when no caller waits any more.</summary>
    public void TerminateRuns()
    {
        lock (gate)
        {
            foreach (var resident in residents)
            {
                resident.Terminate();
            }
        }
    }

    /// <summary>Completes when capacity may have been freed. Get the task before the attempt that is to be retried.</summary>
    public Task WhenCapacityChanges()
    {
        lock (gate)
        {
            return (capacityChange ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Signals that capacity may have been freed; cheap if no load waits.</summary>
    public void SignalCapacity()
    {
        if (Volatile.Read(ref capacityChange) is not null)
        {
            var waiting = Interlocked.Exchange(ref capacityChange, null);
            completions.Post(() => waiting?.TrySetResult());
        }
    }

    private static bool IsEvictable(IResident resident) => resident.IsIdle && !resident.IsHeld;

    /// <summary>The least recently used idle session, closed to new leases; null if all are in use or held.</summary>
    private IResident? LeastRecentlyUsed()
    {
        for (;;)
        {
            IResident? oldest = null;
            foreach (var resident in residents)
            {
                if (IsEvictable(resident) && (oldest is null || resident.LastUsed < oldest.LastUsed))
                {
                    oldest = resident;
                }
            }

            if (oldest is null || oldest.TryCloseIdle())
            {
                return oldest;
            }
        }
    }

    private void Free(IResident resident, EvictionReason reason)
    {
        if (!residents.Remove(resident))
        {
            return;
        }

        resident.Free();
        accounted -= resident.MemoryBytes;
        counters.AddEviction(reason);
        LogFreed(resident.Id, ErrorText.Bytes(resident.MemoryBytes), reason);
    }

    [LoggerMessage(EventId = 140, Level = LogLevel.Information, Message = "Model {Model} unloaded, {Size} freed ({Reason})")]
    private partial void LogFreed(ModelId model, string size, EvictionReason reason);
}
