using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Serving.Admission;
using Krewe.Serving.Repository.Snapshots;
using Krewe.Serving.Statistics;

namespace Krewe.Serving.Versions;

/// <summary>
/// The state of one repository version in this process: loaded or not, loading, failed, unloaded by an operator. There are thousands of
/// these for versions that are never called, so an unused one holds next to nothing.
/// </summary>
internal sealed class ServedVersion(RepositoryVersion artifact, VersionStatistics statistics)
{
    private const string NotChecked = "not yet checked: the first call loads it";
    private volatile LoadedModel? loaded;
    private volatile bool isHeld;
    private ServedVersion? baseline;
    private int waitingForLoad;
    private long measuredBytes;

    public RepositoryVersion Artifact { get; } = artifact;

    public ModelId Id => Artifact.Id;

    public VersionStatistics Statistics { get; } = statistics;

    /// <summary>For a baseline, the version whose second session it is; null otherwise.</summary>
    public ServedVersion? Origin { get; init; }

    /// <summary>
    /// A second session of the same files that answers only the control calls of a rollout, so that it is as cold as a new version with
    /// little traffic. Not part of the repository; loaded only into free memory.
    /// </summary>
    public ServedVersion Baseline => FindBaseline()
        ?? Interlocked.CompareExchange(ref baseline, new ServedVersion(Artifact, Statistics) { Origin = this }, null) ?? baseline!;

    /// <summary>
    /// Guards <see cref="Loading"/>, <see cref="Failure"/>, <see cref="Refusal"/>, <see cref="Exclusion"/> and <see cref="IsRetired"/>.
    /// </summary>
    public Lock Gate { get; } = new();

    /// <summary>The session, open or draining; null if not loaded.</summary>
    public LoadedModel? Loaded
    {
        get => loaded;
        set => loaded = value;
    }

    /// <summary>True if loaded and accepting calls; lock-free.</summary>
    public bool IsServing => loaded is { IsClosed: false };

    /// <summary>
    /// True to keep it in memory once loaded, regardless of idle time and memory pressure. Operators can still unload it.
    /// </summary>
    public bool IsHeld
    {
        get => isHeld;
        set => isHeld = value;
    }

    /// <summary>The load in progress, shared by all waiting callers; null if there is none.</summary>
    public Task<LoadedModel>? Loading { get; set; }

    /// <summary>The failure of the last load; null after a success.</summary>
    public LoadFailure? Failure { get; set; }

    /// <summary>Why the <see cref="ILoadGate"/> rejected the last load; says nothing about the version itself.</summary>
    public LoadFailure? Refusal { get; set; }

    /// <summary>Why it is excluded from calls; null if it is not.</summary>
    public VersionExclusion? Exclusion { get; set; }

    /// <summary>Memory of the last session, in bytes; 0 before the first load.</summary>
    public long MeasuredBytes
    {
        get => Volatile.Read(ref measuredBytes);
        set => Volatile.Write(ref measuredBytes, value);
    }

    /// <summary>True if it is no longer in the repository, or its files changed; callers must resolve it again.</summary>
    public bool IsRetired { get; set; }

    /// <summary>True while it is being unloaded and calls are still running.</summary>
    public bool IsDraining { get; set; }

    /// <summary>The number of callers waiting for the load; bounded like the queue.</summary>
    public ref int WaitingForLoad => ref waitingForLoad;

    /// <summary>The baseline, if control calls ever needed one.</summary>
    public ServedVersion? FindBaseline() => Volatile.Read(ref baseline);

    /// <summary>Called after a session was freed.</summary>
    public void Forget(LoadedModel freed)
    {
        lock (Gate)
        {
            loaded = ReferenceEquals(loaded, freed) ? null : loaded;
        }
    }

    /// <summary>The current state and the reason for it.</summary>
    public (VersionState State, string Reason) Describe()
    {
        lock (Gate)
        {
            return Artifact.Error is { } error ? (VersionState.Failed, error)
                : Exclusion is { } exclusion ? (IsDraining ? VersionState.Draining : exclusion.State, exclusion.Reason)
                : Loading is not null ? (VersionState.Loading, "")
                : Loaded is not null ? (VersionState.Ready, "")
                : Failure is { } failure ? (VersionState.Failed, failure.Reason)
                : (VersionState.Absent, MeasuredBytes == 0 ? NotChecked : "");
        }
    }
}
