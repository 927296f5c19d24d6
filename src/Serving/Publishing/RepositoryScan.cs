using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Files;
using Krewe.Abstractions.Models;
using Krewe.Serving.Publishing.Files;
using Krewe.Serving.Repository;
using Krewe.Serving.Repository.Manifests;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Publishing;

/// <summary>Work on the repository's files, away from the thread pool, and the look that shows what came of it.</summary>
internal sealed partial class RepositoryScan(
    ModelRepository repository, ModelRepositoryOptions options, TimeProvider time, ILogger<RepositoryScan> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PatienceBeyondSettling = TimeSpan.FromSeconds(10);

    /// <summary>Does what blocks on a thread of its own; what the file system throws becomes an error for the caller.</summary>
    public async Task<T> BlockAsync<T>(ModelId version, Func<T> work)
    {
        try
        {
            return await BlockAsync(work);
        }
        catch (Exception error) when (FileFault.Is(error))
        {
            throw Fail(version, error);
        }
    }

    /// <summary>The same for what has no failure of the file system to tell of.</summary>
    public static Task<T> BlockAsync<T>(Func<T> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <summary>The error for the caller of what the file system threw, which the log then has.</summary>
    public KreweException Fail(ModelId version, Exception error)
    {
        var failure = StorageFault.Translate(error);
        LogStorageFailed(error, version, failure.Message);
        return failure;
    }

    /// <summary>Looks until the version is listed, where the model's settings let it be.</summary>
    public async Task UntilListedAsync(ModelId id, ModelManifest manifest, CancellationToken cancellationToken)
    {
        var patience = options.SettleTime + PatienceBeyondSettling;
        for (var start = time.GetTimestamp(); ; await Task.Delay(Pause, time, cancellationToken))
        {
            await repository.RescanAsync(cancellationToken);
            if (IsListed(id) || !IsServed(id, manifest))
            {
                return;
            }

            if (time.GetElapsedTime(start) > patience)
            {
                // Its settings change all the time, or the folder cannot be read any more: what is there will be seen.
                LogNotListed(id, patience);
                return;
            }
        }
    }

    /// <summary>Looks once.</summary>
    public Task LookAsync(CancellationToken cancellationToken) => repository.RescanAsync(cancellationToken);

    private bool IsListed(ModelId id) => Versions(id.Name).Contains(id.Version);

    private bool IsServed(ModelId id, ModelManifest manifest) =>
        manifest.VersionPolicy.Select([.. Versions(id.Name).Append(id.Version).Distinct().Order()]).Contains(id.Version);

    private IEnumerable<ModelVersion> Versions(ModelName name) =>
        repository.Current.Models.GetValueOrDefault(name)?.Versions.Select(version => version.Id.Version) ?? [];

    [LoggerMessage(EventId = 220, Level = LogLevel.Warning, Message = "Version {Version} could not be written: {Reason}")]
    private partial void LogStorageFailed(Exception error, ModelId version, string reason);

    [LoggerMessage(
        EventId = 221, Level = LogLevel.Warning, Message = "Version {Version} is in the repository and is not listed after {Patience}")]
    private partial void LogNotListed(ModelId version, TimeSpan patience);
}
