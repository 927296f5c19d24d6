using Krewe.Abstractions.Models;

namespace Krewe.Serving.Memory;

/// <summary>A session in memory, as the budget counts it.</summary>
internal interface IResident
{
    ModelId Id { get; }

    long MemoryBytes { get; }

    /// <summary>Timestamp of the last time a lease came back from a real call.</summary>
    long LastUsed { get; }

    /// <summary>No caller holds a lease.</summary>
    bool IsIdle { get; }

    /// <summary>It stays in memory, however much its room is needed.</summary>
    bool IsHeld { get; }

    /// <summary>How long it stays without calls; <paramref name="usual"/> where its own settings say nothing.</summary>
    TimeSpan IdleTime(TimeSpan usual);

    /// <summary>Closes it to further callers where nobody holds a lease; says whether it did.</summary>
    bool TryCloseIdle();

    /// <summary>Frees the session, which is closed and drained; on a load thread.</summary>
    void Free();

    /// <summary>Ends its runs.</summary>
    void Terminate();
}
