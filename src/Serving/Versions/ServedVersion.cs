using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Serving.Admission;
using Krewe.Serving.Repository.Snapshots;
using Krewe.Serving.Statistics;

namespace Krewe.Serving.Versions;

/// <summary>
/// One version of the repository as this process serves it: in memory or not, loading, failed, unloaded by an operator. Thousands
/// of these exist for versions nobody calls, so it holds next to nothing until somebody does.
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

    /// <summary>Of a baseline the version it is another session of; null for every other.</summary>
    public ServedVersion? Origin { get; init; }

    /// <summary>
    /// The same files once more, for a session that answers the control calls of a rollout and nothing else: as cold as a new version that
    /// gets few calls. It is no part of the repository, and loaded only where memory is free.
    /// </summary>
    public ServedVersion Baseline => FindBaseline()
        ?? Interlocked.CompareExchange(ref baseline, new ServedVersion(Artifact, Statistics) { Origin = this }, null) ?? baseline!;

    /// <summary>
    /// Guards <see cref="Loading"/>, <see cref="Failure"/>, <see cref="Refusal"/>, <see cref="Exclusion"/> and <see cref="IsRetired"/>.
    /// </summary>
    public Lock Gate { get; } = new();

    /// <summary>In memory, open or draining; null otherwise.</summary>
    public LoadedModel? Loaded
    {
        get => loaded;
        set => loaded = value;
    }

    /// <summary>In memory and taking calls; needs no lock.</summary>
    public bool IsServing => loaded is { IsClosed: false };

    /// <summary>
    /// Once in memory it stays there, however little it is called and however much its room is needed; operators may still unload it.
    /// </summary>
    public bool IsHeld
    {
        get => isHeld;
        set => isHeld = value;
    }

    /// <summary>The load that all waiting callers share; null while there is none.</summary>
    public Task<LoadedModel>? Loading { get; set; }

    /// <summary>The last load's failure; null after one that went well.</summary>
    public LoadFailure? Failure { get; set; }

    /// <summary>Why the last load was not let in by the <see cref="ILoadGate"/>; says nothing about the version itself.</summary>
    public LoadFailure? Refusal { get; set; }

    /// <summary>Why it was taken out for callers; null where it was not.</summary>
    public VersionExclusion? Exclusion { get; set; }

    /// <summary>What the last session held, in bytes; 0 before the first load.</summary>
    public long MeasuredBytes
    {
        get => Volatile.Read(ref measuredBytes);
        set => Volatile.Write(ref measuredBytes, value);
    }

    /// <summary>It is no longer in the repository, or not with these files; callers must look it up again.</summary>
    public bool IsRetired { get; set; }

    /// <summary>Its memory is being given back, but calls are still under way.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Callers that wait for the load; bounded like the queue they would wait in.</summary>
    public ref int WaitingForLoad => ref waitingForLoad;

    /// <summary>The baseline, if control calls ever wanted one.</summary>
    public ServedVersion? FindBaseline() => Volatile.Read(ref baseline);

    /// <summary>A session was freed.</summary>
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
