using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Artifacts;
using Krewe.Serving.Repository.Files;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Repository.Scanning;

/// <summary>Follows one model: its settings and its versions.</summary>
internal sealed class ModelWatch(ModelName name, string root, StabilityPolicy stability)
{
    private readonly string folder = Path.Combine(root, name.Value);
    private readonly ManifestWatch manifest = new(name, Path.Combine(root, name.Value), stability);
    private readonly StabilityWindow<bool> emptiness = stability.Watch<bool>();
    private readonly Dictionary<ModelVersion, VersionWatch> watches = [];

    /// <summary>The listed state; null before the model appears.</summary>
    public RepositoryModel? Listed { get; private set; }

    /// <summary>True while something of it was seen that is not listed yet.</summary>
    public bool IsPending => Listed is null || manifest.IsPending || watches.Values.Any(watch => watch.Listed is null);

    /// <summary>Scans the model's folder; false if it does not exist.</summary>
    public bool Scan(bool isLink, ScanMoment moment)
    {
        if (isLink && !RealPath.IsInside(folder, root))
        {
            List([], $"'{name}' is a link that leads out of the repository");
            return true;
        }

        try
        {
            return ScanFolder(moment);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A temporary file server failure must not remove models that are being served.
            if (Listed is null)
            {
                List([], $"'{name}' cannot be read by this process");
            }

            return true;
        }
    }

    private bool ScanFolder(ScanMoment moment)
    {
        if (ModelFolder.Read(folder) is not { } found)
        {
            return false;
        }

        manifest.Observe(found.Manifest, moment);
        if (!manifest.IsKnown || (manifest.IsPending && Listed is null))
        {
            return true;
        }

        var versions = ScanVersions(found.Versions, moment);
        if (versions.Count > 0)
        {
            emptiness.Reset();
            var served = Serve(versions);
            List(served, manifest.Error ?? (served.IsEmpty ? NoneServed(versions) : null));
        }
        else if (Listed is { Versions.IsEmpty: false })
        {
            // Delist at once; whether the model remains without versions is decided when its folder has settled.
            Listed = null;
        }
        else if (watches.Count == 0 && emptiness.HasSettled(true, Directory.GetLastWriteTimeUtc(folder), moment))
        {
            List([], manifest.Error ?? LayoutAdvice.OfNoVersion(name, folder, manifest.Manifest.ModelFileName));
        }

        return true;
    }

    private List<RepositoryVersion> ScanVersions(List<VersionEntry> entries, ScanMoment moment)
    {
        var (listed, present) = (new List<RepositoryVersion>(entries.Count), new HashSet<ModelVersion>(entries.Count));
        foreach (var entry in entries)
        {
            var (content, fault) = ReadVersion(entry);
            if (!content.HasModelFile)
            {
                continue;
            }

            present.Add(entry.Version);
            if (!watches.TryGetValue(entry.Version, out var watch))
            {
                watch = new VersionWatch(new ModelId(name, entry.Version), folder, entry.Folder, stability);
                watches.Add(entry.Version, watch);
            }

            watch.Observe(content, fault, manifest, moment);
            if (watch.Listed is { } version)
            {
                listed.Add(version);
            }
        }

        foreach (var gone in watches.Keys.Where(version => !present.Contains(version)).ToList())
        {
            watches.Remove(gone);
        }

        return listed;
    }

    private (FolderContent Content, string? Fault) ReadVersion(VersionEntry entry)
    {
        try
        {
            var content = VersionFolder.Read(entry.Folder, manifest.Manifest.ModelFileName);
            var isEscape = entry.IsLink && !RealPath.IsInside(entry.Folder, folder);
            return (content, isEscape ? $"'{name}/{entry.Version}' is a link that leads out of the model's folder"
                : content.OtherModelFiles > 1 ? LayoutAdvice.OfSeveral($"{name}/{entry.Version}", VersionFolder.FindModels(entry.Folder))
                : null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The other versions are not affected.
            return (default(FolderContent) with { HasModelFile = true }, $"'{name}/{entry.Version}' cannot be read by this process");
        }
    }

    // A version with an error is listed if the policy would serve it, but does not displace a valid one.
    private ImmutableArray<RepositoryVersion> Serve(List<RepositoryVersion> versions)
    {
        if (manifest.Error is not null)
        {
            return [.. versions];
        }

        var policy = manifest.Manifest.VersionPolicy;
        var good = policy.Select([.. versions.Where(version => version.Error is null).Select(version => version.Id.Version)]);
        var bad = policy.Select([.. versions.Select(version => version.Id.Version)]);
        var (served, named) = (good.ToHashSet(), bad.ToHashSet());
        return [.. versions.Where(version => (version.Error is null ? served : named).Contains(version.Id.Version))];
    }

    private void List(ImmutableArray<RepositoryVersion> versions, string? error)
    {
        if (Listed is not { } listed || listed.Error != error || !ReferenceEquals(listed.Manifest, manifest.Manifest)
            || !listed.Versions.AsSpan().SequenceEqual(versions.AsSpan(), ReferenceEqualityComparer.Instance))
        {
            Listed = new RepositoryModel(name, versions, manifest.Manifest, error);
        }
    }

    private string NoneServed(List<RepositoryVersion> versions)
    {
        const int Max = 10;
        var numbers = string.Join(", ", versions.Take(Max).Select(version => version.Id.Version)) + (versions.Count > Max ? ", ..." : "");
        return $"its version policy '{manifest.Manifest.VersionPolicy}' serves none of its versions {numbers}";
    }
}
