using System.Collections.Frozen;
using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>
/// The models as this process serves them, kept in step with the repository. A snapshot is swapped whole; versions whose files and
/// settings stayed the same are carried over with what they have in memory.
/// </summary>
internal sealed class ServedModels
{
    private volatile FrozenDictionary<ModelName, ServedModel> models = FrozenDictionary<ModelName, ServedModel>.Empty;
    private readonly Lock updating = new();
    private long sequence;
    private volatile Reason readiness = new(HostReadiness.NotReady("the repository has not been read yet"));

    /// <summary>Whether calls are taken.</summary>
    public HostReadiness Readiness
    {
        get => readiness.Value;
        set => readiness = new(value);
    }

    /// <summary>Every model, in no order.</summary>
    public IEnumerable<ServedModel> All => models.Values;

    /// <summary>Every version, in no order.</summary>
    public IEnumerable<ServedVersion> AllVersions => models.Values.SelectMany(model => model.Versions);

    /// <summary>Takes over what the repository has now; returns the versions that are not served any more.</summary>
    public IReadOnlyList<ServedVersion> Update(RepositorySnapshot snapshot)
    {
        lock (updating)
        {
            if (snapshot.Sequence < sequence)
            {
                return [];
            }

            sequence = snapshot.Sequence;
            return Replace(snapshot);
        }
    }

    /// <summary>The model; throws where there is none.</summary>
    public ServedModel Find(ModelName name) => models.TryGetValue(name, out var model) ? model : throw KreweException.ModelNotFound(name);

    /// <summary>The version a reference means; throws where there is none.</summary>
    public ServedVersion Resolve(ModelReference reference)
    {
        var model = Find(reference.Name);
        var version = reference.Version switch
        {
            { IsRouted: true } => model.Newest() ?? throw Unservable(model),
            { Number: { } number } => model.Find(number),
            _ => null,
        };
        return version ?? throw KreweException.VersionNotFound(reference);
    }

    /// <summary>The versions a reference means, all of the model where it names none; throws where there are none.</summary>
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

    private static KreweException Unservable(ServedModel model) =>
        KreweException.Unavailable($"model '{model.Name}' cannot be served: {model.Error ?? "it has no version"}");

    private static ServedModel Serve(RepositoryModel found, ServedModel? before, HashSet<ServedVersion> kept)
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
                // New files, or new settings: the counters and an operator's word go on, everything else starts afresh.
                versions.Add(new ServedVersion(artifact, known?.Statistics ?? new VersionStatistics()) { IsUnloaded = known?.IsUnloaded ?? false });
            }
        }

        return new ServedModel(found.Name, versions.MoveToImmutable(), found.Error);
    }

    private sealed record Reason(HostReadiness Value);
}
