using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Files;
using Krewe.Abstractions.Models;
using Krewe.Serving.Publishing.Files;
using Krewe.Serving.Repository;
using Krewe.Serving.Repository.Manifests;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Publishing;

/// <summary>Runs blocking file operations of the repository off the thread pool, and the scans that make their results visible.</summary>
internal sealed partial class RepositoryScan(
    ModelRepository repository, ModelRepositoryOptions options, TimeProvider time, ILogger<RepositoryScan> logger)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan TimeoutBeyondSettling = TimeSpan.FromSeconds(10);

    /// <summary>Runs blocking work on its own thread; translates file system exceptions for the caller.</summary>
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

    /// <summary>The same for work that throws no file system exceptions.</summary>
    public static Task<T> BlockAsync<T>(Func<T> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <summary>Logs a file system exception and translates it for the caller.</summary>
    public KreweException Fail(ModelId version, Exception error)
    {
        var failure = StorageFault.Translate(error);
        LogStorageFailed(error, version, failure.Message);
        return failure;
    }

    /// <summary>Rescans until the version is listed, unless the version policy excludes it.</summary>
    public async Task UntilListedAsync(ModelId id, ModelManifest manifest, CancellationToken cancellationToken)
    {
        var timeout = options.SettleTime + TimeoutBeyondSettling;
        for (var start = time.GetTimestamp(); ; await Task.Delay(PollInterval, time, cancellationToken))
        {
            await repository.RescanAsync(id.Name, cancellationToken);
            if (IsListed(id) || !IsServed(id, manifest))
            {
                return;
            }

            if (time.GetElapsedTime(start) > timeout)
            {
                // The settings keep changing, or the folder has become unreadable. A later scan will list the version.
                LogNotListed(id, timeout);
                return;
            }
        }
    }

    /// <summary>Scans a model once.</summary>
    public Task RescanAsync(ModelName name, CancellationToken cancellationToken) => repository.RescanAsync(name, cancellationToken);

    private bool IsListed(ModelId id) => Versions(id.Name).Contains(id.Version);

    private bool IsServed(ModelId id, ModelManifest manifest) =>
        manifest.VersionPolicy.Select([.. Versions(id.Name).Append(id.Version).Distinct().Order()]).Contains(id.Version);

    private IEnumerable<ModelVersion> Versions(ModelName name) =>
        repository.Current.Models.GetValueOrDefault(name)?.Versions.Select(version => version.Id.Version) ?? [];

    [LoggerMessage(EventId = 220, Level = LogLevel.Warning, Message = "Failed to write version {Version} to the repository: {Reason}")]
    private partial void LogStorageFailed(Exception error, ModelId version, string reason);

    [LoggerMessage(
        EventId = 221, Level = LogLevel.Warning,
        Message = "Version {Version} is in the repository but not listed after {Timeout}; a later scan may list it")]
    private partial void LogNotListed(ModelId version, TimeSpan timeout);
}
