using System.Collections.Frozen;
using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;
using Krewe.Serving.Repository.Snapshots;
using Krewe.Serving.Statistics;

namespace Krewe.Serving.Versions;

/// <summary>
/// The models served by this process, kept in sync with the repository. Snapshots are swapped atomically; versions with unchanged files and
/// settings are carried over with their sessions.
/// </summary>
internal sealed class ServedModels
{
    private volatile FrozenDictionary<ModelName, ServedModel> models = FrozenDictionary<ModelName, ServedModel>.Empty;
    private readonly Dictionary<ModelName, FrozenDictionary<long, VersionExclusion>> exclusions = [];
    private readonly Dictionary<ModelName, FrozenSet<ModelVersion>> holds = [];
    private readonly Lock updating = new();
    private long sequence;
    private long changes;
    private volatile Reason readiness = new(HostReadiness.NotReady("the repository has not been read yet"));

    /// <summary>Whether calls are accepted.</summary>
    public HostReadiness Readiness
    {
        get => readiness.Value;
        set => readiness = new(value);
    }

    /// <summary>Increases when the repository changes or a version's recorded failures are cleared.</summary>
    public long Changes => Volatile.Read(ref changes);

    /// <summary>All models, unordered.</summary>
    public IEnumerable<ServedModel> All => models.Values;

    /// <summary>All versions, unordered.</summary>
    public IEnumerable<ServedVersion> AllVersions => models.Values.SelectMany(model => model.Versions);

    /// <summary>Applies a repository snapshot; returns the versions that are no longer served.</summary>
    public IReadOnlyList<ServedVersion> Update(RepositorySnapshot snapshot)
    {
        lock (updating)
        {
            if (snapshot.Sequence < sequence)
            {
                return [];
            }

            sequence = snapshot.Sequence;
            var retired = Replace(snapshot);
            Interlocked.Increment(ref changes);
            return retired;
        }
    }

    /// <summary>
    /// Sets the excluded versions of a model, by number with the reason, and admits all others. Applies to versions that appear later too.
    /// Returns the excluded versions, which the caller must drain.
    /// </summary>
    public IReadOnlyList<ServedVersion> Exclude(ModelName name, IReadOnlyDictionary<long, VersionExclusion> reasons)
    {
        lock (updating)
        {
            exclusions[name] = reasons.ToFrozenDictionary();
            if (reasons.Count == 0)
            {
                exclusions.Remove(name);
            }

            var versions = models.GetValueOrDefault(name)?.Versions ?? [];
            foreach (var version in versions)
            {
                SetExclusion(version, reasons.GetValueOrDefault(version.Id.Version.Number));
            }

            return [.. versions.Where(version => reasons.ContainsKey(version.Id.Version.Number))];
        }
    }

    /// <summary>
    /// Sets the held versions of a model, which are not evicted once loaded. Applies to versions that appear later too. Returns whether a
    /// hold was released.
    /// </summary>
    public bool Hold(ModelName name, IReadOnlyCollection<ModelVersion> versions)
    {
        lock (updating)
        {
            holds[name] = versions.ToFrozenSet();
            if (versions.Count == 0)
            {
                holds.Remove(name);
            }

            var released = false;
            foreach (var version in models.GetValueOrDefault(name)?.Versions ?? [])
            {
                released |= version.IsHeld && !versions.Contains(version.Id.Version);
                version.IsHeld = versions.Contains(version.Id.Version);
            }

            return released;
        }
    }

    /// <summary>The version with this id, or null.</summary>
    public ServedVersion? Find(ModelId id) => models.GetValueOrDefault(id.Name)?.Find(id.Version);

    /// <summary>The model; throws if unknown.</summary>
    public ServedModel Find(ModelName name) =>
        models.TryGetValue(name, out var model) ? model : throw UnknownModel.Error(name, models.Keys);

    /// <summary>The version with this number, or the newest servable one if null; throws if unknown.</summary>
    public ServedVersion Find(ModelName name, ModelVersion? version)
    {
        var model = Find(name);
        return version is { } number
            ? model.Find(number) ?? throw UnknownModel.Error(new ModelReference(name, VersionSelector.Of(number)))
            : model.Newest() ?? throw Unservable(model);
    }

    /// <summary>
    /// The version that a reference selects: by number, or the newest servable one. Aliases and routes are unknown here. Throws if there is
    /// none.
    /// </summary>
    public ServedVersion Resolve(ModelReference reference) => reference.Version.Alias is null or ModelTraffic.Prod or ModelTraffic.Latest
        ? Find(reference.Name, reference.Version.Number)
        : throw VersionChecks.UnknownAlias(reference, route: null);

    /// <summary>The versions that a reference selects, all of the model if it names none; throws if there are none.</summary>
    public IReadOnlyList<ServedVersion> ResolveAll(ModelReference reference) =>
        !reference.Version.IsRouted ? [Resolve(reference)]
        : Find(reference.Name) is var model && !model.Versions.IsEmpty ? model.Versions
        : throw Unservable(model);

    private List<ServedVersion> Replace(RepositorySnapshot snapshot)
    {
        var before = models;
        var retired = new List<ServedVersion>();
        var kept = new HashSet<ServedVersion>();
        models = snapshot.Models.ToFrozenDictionary(pair => pair.Key, pair => Serve(pair.Value, before.GetValueOrDefault(pair.Key), kept));
        foreach (var version in before.Values.SelectMany(model => model.Versions).Where(version => !kept.Contains(version)))
        {
            lock (version.Gate)
            {
                version.IsRetired = true;
            }

            retired.Add(version);
        }

        return retired;
    }

    private void SetExclusion(ServedVersion version, VersionExclusion? reason)
    {
        lock (version.Gate)
        {
            if (reason is null && version.Exclusion is not null)
            {
                (version.Failure, version.Refusal) = (null, null);
                Interlocked.Increment(ref changes);
            }

            version.Exclusion = reason;
        }
    }

    private static KreweException Unservable(ServedModel model) =>
        KreweException.Unavailable($"model '{model.Name}' cannot be served: {model.Error ?? "it has no version"}");

    private ServedModel Serve(RepositoryModel found, ServedModel? before, HashSet<ServedVersion> kept)
    {
        var versions = ImmutableArray.CreateBuilder<ServedVersion>(found.Versions.Length);
        foreach (var artifact in found.Versions)
        {
            var known = before?.Find(artifact.Id.Version);
            if (known is not null && known.Artifact.Stamp == artifact.Stamp && known.Artifact.Error == artifact.Error)
            {
                kept.Add(known);
                versions.Add(known);
            }
            else
            {
                // New files or settings: counters and exclusions are kept, everything else starts afresh.
                var exclusion = known is null ? FindExclusion(artifact.Id) : known.Exclusion;
                var isHeld = holds.TryGetValue(found.Name, out var held) && held.Contains(artifact.Id.Version);
                versions.Add(
                    new ServedVersion(artifact, known?.Statistics ?? new VersionStatistics()) { Exclusion = exclusion, IsHeld = isHeld });
            }
        }

        return new ServedModel(found.Name, versions.MoveToImmutable(), found.Error);
    }

    private VersionExclusion? FindExclusion(ModelId version) =>
        exclusions.GetValueOrDefault(version.Name)?.GetValueOrDefault(version.Version.Number);

    private sealed record Reason(HostReadiness Value);
}
