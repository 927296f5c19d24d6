using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Files;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Serving.Publishing.Files;
using Krewe.Serving.Publishing.Records;
using Krewe.Serving.Repository;

namespace Krewe.Serving.Publishing;

/// <inheritdoc cref="IVersionStore"/>
internal sealed class VersionStore(RepositoryScan scan, TrialLoad trial, ModelRepositoryOptions options) : IVersionStore
{
    /// <summary>The maximum number of concurrent uploads; each may need a disk's worth.</summary>
    private const int MaxStaged = 16;

    private static readonly TimeSpan RetryWhenBusy = TimeSpan.FromSeconds(1);
    private readonly RepositoryPaths paths = new(options.Root);
    private int staged;

    public Task<RepositoryIdentity> IdentifyAsync() => RepositoryScan.BlockAsync(Identify);

    public Task<IStagedVersion> BeginAsync(ModelId version, PublishRequest request)
    {
        if (request.Length > request.MaxBytes)
        {
            throw UploadFile.TooLarge(request.MaxBytes);
        }

        return scan.BlockAsync<IStagedVersion>(version, () => Begin(new VersionPlace(paths, version), request));
    }

    public DateTimeOffset? FindPublished(ModelId version) => VersionRecord.Read(paths.Version(version))?.PublishedAt;

    public bool Contains(ModelId version) => new VersionPlace(paths, version).IsTaken;

    public async Task<bool> DeleteAsync(ModelId version, CancellationToken cancellationToken)
    {
        var isGone = await scan.BlockAsync(version, () => Delete(new VersionPlace(paths, version)));
        await scan.RescanAsync(version.Name, cancellationToken);
        return isGone;
    }

    public Task RescanAsync(ModelId version, CancellationToken cancellationToken)
    {
        var place = new VersionPlace(paths, version);
        return place.IsTaken
            ? scan.UntilListedAsync(version, place.ReadManifest(), cancellationToken)
            : scan.RescanAsync(version.Name, cancellationToken);
    }

    private RepositoryIdentity Identify()
    {
        try
        {
            using var staging = StagingFolder.Create(paths);
            return new RepositoryIdentity(RepositoryId.ReadOrCreate(paths, staging), "");
        }
        catch (Exception error) when (FileFault.Is(error))
        {
            return new RepositoryIdentity(ReadId(), StorageFault.Translate(error).Message);
        }
    }

    private StagedVersion Begin(VersionPlace place, PublishRequest request)
    {
        StagingCleaner.Clean(paths);
        place.CheckFolder();
        StorageFault.CheckFreeSpace(paths.Root, request.Length ?? 0);

        // A delete on a full disk cannot make it.
        Directory.CreateDirectory(paths.Trash);
        return Stage(place, request);
    }

    private StagedVersion Stage(VersionPlace place, PublishRequest request)
    {
        if (Interlocked.Increment(ref staged) > MaxStaged)
        {
            Interlocked.Decrement(ref staged);
            throw KreweException.Overloaded($"{MaxStaged} versions are already being published to this repository", RetryWhenBusy);
        }

        try
        {
            return new StagedVersion(place, request, StagingFolder.Create(paths), trial, scan, () => Interlocked.Decrement(ref staged));
        }
        catch
        {
            Interlocked.Decrement(ref staged);
            throw;
        }
    }

    private bool Delete(VersionPlace place)
    {
        if (!place.IsTaken)
        {
            return false;
        }

        Directory.CreateDirectory(paths.Trash);
        var trash = Path.Combine(paths.Trash, RepositoryPaths.NewName());
        if (!place.TryMoveTo(trash))
        {
            return false;
        }

        // Already removed from the repository; leftovers are removed at the next start.
        _ = StagingCleaner.TryRemove(trash);
        place.RemoveEmptyModel();
        return true;
    }

    private string ReadId()
    {
        try
        {
            return RepositoryId.Read(paths) ?? "";
        }
        catch (Exception error) when (FileFault.Is(error))
        {
            return "";
        }
    }
}
