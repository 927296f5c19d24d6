using Krewe.Abstractions.Models;

namespace Krewe.Serving.Memory;

/// <summary>A loaded session as the memory budget sees it.</summary>
internal interface IResident
{
    ModelId Id { get; }

    long MemoryBytes { get; }

    /// <summary>Timestamp of the last lease return by a foreground call.</summary>
    long LastUsed { get; }

    /// <summary>True if no lease is held.</summary>
    bool IsIdle { get; }

    /// <summary>True if the session must not be evicted, even under memory pressure.</summary>
    bool IsHeld { get; }

    /// <summary>The idle time before eviction; <paramref name="usual"/> unless the version's settings override it.</summary>
    TimeSpan IdleTime(TimeSpan usual);

    /// <summary>Closes the session to new leases if none is held; returns whether it did.</summary>
    bool TryCloseIdle();

    /// <summary>Frees the session, which is closed and drained. Call on a load thread.</summary>
    void Free();

    /// <summary>Aborts its runs.</summary>
    void Terminate();
}
