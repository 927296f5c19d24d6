using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.Execution;
using Krewe.Serving.Statistics;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Memory;

/// <summary>
/// Keeps the sessions of this process within a number of bytes. A load reserves before it starts; where there is no room, the least
/// recently used sessions without callers go, but for those that are held. What counts is the larger of the sum of measured sessions and
/// what native code has really allocated, so that a wrong measurement cannot add up; the memory of devices is not counted. Members that
/// free memory block: call them on a load thread.
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
    private TaskCompletionSource? room;
    private long accounted;
    private long trimmedAt;

    /// <summary>The budget, in bytes.</summary>
    public long Bytes => budgetBytes;

    /// <summary>What sessions and loads under way count for, in bytes.</summary>
    public long AccountedBytes => Volatile.Read(ref accounted);

    /// <summary>Sessions in memory.</summary>
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

    /// <summary>Whether <see cref="TryReserve"/> would find room now; frees nothing.</summary>
    public bool HasRoom(long bytes)
    {
        lock (gate)
        {
            var inUse = accounted;
            foreach (var resident in residents)
            {
                inUse -= MayGo(resident) ? resident.MemoryBytes : 0;
            }

            return inUse + bytes <= budgetBytes;
        }
    }

    /// <summary>Whether so many bytes are free without anybody going.</summary>
    public bool HasFree(long bytes) => AccountedBytes + bytes <= budgetBytes;

    /// <summary>Takes bytes for a load, evicting as needed; false where the sessions in use leave no room.</summary>
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
                    // What runs hold for a moment must not keep a load waiting that the sessions leave room for.
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
    /// Turns the reservation of a load into what was measured. That may be more than was reserved: others go then, and where they are
    /// in use it is false, the reservation is given back, and the session is the caller's to free.
    /// </summary>
    public bool TryAdmit(IResident resident, long reservedBytes)
    {
        bool fits;
        lock (gate)
        {
            var more = resident.MemoryBytes - reservedBytes;
            while (accounted + more > budgetBytes && LeastRecentlyUsed() is { } victim)
            {
                Free(victim, EvictionReason.Budget);
            }

            fits = accounted + more <= budgetBytes;
            accounted += fits ? more : -reservedBytes;
            if (fits)
            {
                residents.Add(resident);
            }
        }

        SignalRoom();
        return fits;
    }

    /// <summary>Gives back the reservation of a load that failed.</summary>
    public void Cancel(long reservedBytes)
    {
        lock (gate)
        {
            accounted -= reservedBytes;
        }

        SignalRoom();
    }

    /// <summary>Frees a session that was closed and is drained.</summary>
    public void FreeDrained(IResident resident, EvictionReason reason)
    {
        lock (gate)
        {
            Free(resident, reason);
        }

        SignalRoom();
        ReturnFreedMemory(force: true);
    }

    /// <summary>
    /// Frees what nobody has called for its idle time; <paramref name="idleTime"/> is that of a version whose settings name none.
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
                if (isDue && MayGo(resident) && resident.TryCloseIdle())
                {
                    Free(resident, EvictionReason.Idle);
                    freed = true;
                }
            }
        }

        if (freed)
        {
            SignalRoom();
        }

        ReturnFreedMemory(force: freed);
    }

    /// <summary>
    /// Gives freed memory back to the system once that is worth the walk over the heap: what is resident beyond what native code
    /// uses, the managed heap and what the process had at the start.
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

    /// <summary>Ends what still runs; for a process that stops, when nobody waits for answers any more.</summary>
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

    /// <summary>Done when there may be room that was not there before. Take it before the attempt that is to be repeated.</summary>
    public Task WhenRoomChanges()
    {
        lock (gate)
        {
            return (room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Says that there may be room; costs nothing while nobody waits for any.</summary>
    public void SignalRoom()
    {
        if (Volatile.Read(ref room) is not null)
        {
            var waiting = Interlocked.Exchange(ref room, null);
            completions.Post(() => waiting?.TrySetResult());
        }
    }

    private static bool MayGo(IResident resident) => resident.IsIdle && !resident.IsHeld;

    /// <summary>The idle session whose last call is longest ago, closed to further callers; null where all are in use or held.</summary>
    private IResident? LeastRecentlyUsed()
    {
        for (;;)
        {
            IResident? oldest = null;
            foreach (var resident in residents)
            {
                if (MayGo(resident) && (oldest is null || resident.LastUsed < oldest.LastUsed))
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

    [LoggerMessage(EventId = 140, Level = LogLevel.Information, Message = "Model {Model} left memory, {Size} ({Reason})")]
    private partial void LogFreed(ModelId model, string size, EvictionReason reason);
}
