using System.Collections.Frozen;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Scanning;
using Krewe.Serving.Repository.Snapshots;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Krewe.Serving.Repository;

/// <summary>
/// Polls the model folder and publishes its content as immutable snapshots. It does not use file system notifications, which are not
/// delivered for file servers and get lost under many changes.
/// </summary>
internal sealed partial class ModelRepository : IAsyncDisposable
{
    // A scan may use at most a twentieth of one processor.
    private const int RestPerScan = 20;

    private readonly ModelRepositoryOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<ModelRepository> logger;
    private readonly StabilityPolicy stability;
    private readonly RepositoryWatch watch;
    private readonly SemaphoreSlim scanLock = new(1, 1);
    private readonly CancellationTokenSource stopping = new();
    private volatile RepositorySnapshot current = RepositorySnapshot.Empty;
    private Task polling = Task.CompletedTask;
    private bool isRootLost;
    private long started;
    private volatile string settling = "the model folder has not been read yet";

    public ModelRepository(ModelRepositoryOptions options, TimeProvider time, ILogger<ModelRepository> logger)
    {
        (this.options, this.time, this.logger) = (options, time, logger);
        var root = string.IsNullOrWhiteSpace(options.Root) ? "" : Path.GetFullPath(options.Root);
        stability = new StabilityPolicy(options.SettleTime, time);
        watch = new RepositoryWatch(root, stability, time, logger);
    }

    /// <summary>
    /// Raised after every change with the old and the new snapshot, one at a time, on the scanning thread (polling or
    /// <see cref="RescanAsync(CancellationToken)"/>). <see cref="Current"/> is already the new one.
    /// </summary>
    public event Action<RepositorySnapshot, RepositorySnapshot>? Changed;

    /// <summary>The result of the last scan; empty before <see cref="StartAsync"/>.</summary>
    public RepositorySnapshot Current => current;

    /// <summary>
    /// Why a model that was there at startup may not be in <see cref="Current"/> yet: its files were just written and must stay unchanged
    /// for the settle time. Empty once all are stable, or after a timeout.
    /// </summary>
    public string Settling => settling;

    /// <summary>
    /// Scans once, then polls in the background until disposed. Throws <see cref="OptionsValidationException"/> if the options are invalid
    /// or the folder does not exist.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.FindErrors().ToList() is { Count: > 0 } errors)
        {
            throw new OptionsValidationException(nameof(ModelRepositoryOptions), typeof(ModelRepositoryOptions), errors);
        }

        started = time.GetTimestamp();
        await ScanAsync(watch.Scan, cancellationToken);
        var took = time.GetElapsedTime(started);
        polling = PollAsync(took);
    }

    /// <summary>Scans now instead of at the next poll; new files must still settle.</summary>
    public Task RescanAsync(CancellationToken cancellationToken) => RescanAsync(watch.Scan, cancellationToken);

    /// <summary>Scans one model now; there may be a hundred thousand others.</summary>
    public Task RescanAsync(ModelName name, CancellationToken cancellationToken) =>
        RescanAsync(() => watch.Scan(name), cancellationToken);

    private async Task RescanAsync(Func<IEnumerable<RepositoryModel>> scan, CancellationToken cancellationToken)
    {
        try
        {
            await ScanAsync(scan, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LoseRoot(exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await polling;
    }

    private async Task PollAsync(TimeSpan took)
    {
        while (await RestAsync(took))
        {
            var started = time.GetTimestamp();
            try
            {
                await RescanAsync(stopping.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Keep polling after any error, so that models continue to be added and removed.
                LogScanFailed(exception);
            }

            took = time.GetElapsedTime(started);
        }
    }

    private async Task<bool> RestAsync(TimeSpan took)
    {
        var rest = took * RestPerScan;
        var interval = settling.Length > 0 && options.SettleTime < options.PollInterval ? options.SettleTime : options.PollInterval;
        await Task.Delay(rest > interval ? rest : interval, time, stopping.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !stopping.IsCancellationRequested;
    }

    // File systems have no asynchronous calls for this, and scanning a large repository would block a pool thread for long.
    private async Task ScanAsync(Func<IEnumerable<RepositoryModel>> scan, CancellationToken cancellationToken)
    {
        await scanLock.WaitAsync(cancellationToken);
        try
        {
            await Task.Factory.StartNew(
                () => Apply([.. scan()]), CancellationToken.None,
                TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }
        finally
        {
            scanLock.Release();
        }
    }

    private void Apply(List<RepositoryModel> models)
    {
        if (isRootLost)
        {
            isRootLost = false;
            LogRootFound(options.Root);
        }

        var old = current;
        var isSame = models.Count == old.Models.Count
            && models.TrueForAll(model => old.Models.TryGetValue(model.Name, out var known) && ReferenceEquals(known, model));
        if (!isSame)
        {
            current = new RepositorySnapshot(models.ToFrozenDictionary(model => model.Name), old.Sequence + 1);
            LogChanges(old, current);
            Changed?.Invoke(old, current);
        }

        // The number of models is logged once all that existed at startup are known.
        if (settling.Length > 0 && time.GetElapsedTime(started) is var took
            && (settling = stability.Describe(watch.CountPending(), took)).Length == 0)
        {
            LogFound(current.Models.Count, current.Models.Values.Sum(model => model.Versions.Length), took);
        }
    }

    private void LoseRoot(Exception exception)
    {
        if (!isRootLost)
        {
            isRootLost = true;
            LogRootLost(options.Root, exception.Message);
        }
    }

    private void LogChanges(RepositorySnapshot old, RepositorySnapshot now)
    {
        // The first scan is summarised in one line; problems always get their own.
        var level = old.Sequence == 0 ? LogLevel.Debug : LogLevel.Information;
        foreach (var model in now.Models.Values.OrderBy(model => model.Name))
        {
            var before = old.Models.GetValueOrDefault(model.Name);
            if (!ReferenceEquals(before, model))
            {
                LogModel(before, model, level);
            }
        }

        foreach (var model in old.Models.Values.Where(model => !now.Models.ContainsKey(model.Name)).OrderBy(model => model.Name))
        {
            LogGone(model.Versions, [], level);
            LogModelRemoved(model.Name);
        }
    }

    private void LogModel(RepositoryModel? before, RepositoryModel model, LogLevel level)
    {
        if (model.Error is { } error && error != before?.Error)
        {
            LogModelUnavailable(model.Name, error);
        }

        if (!ReferenceEquals(before?.Manifest, model.Manifest))
        {
            foreach (var warning in model.Manifest.Warnings)
            {
                LogManifestWarning(model.Name, warning);
            }
        }

        var known = before?.Versions.ToDictionary(version => version.Id.Version) ?? [];
        foreach (var version in model.Versions)
        {
            known.Remove(version.Id.Version, out var former);
            if (!ReferenceEquals(former, version))
            {
                LogVersion(former, version, model.Error, level);
            }
        }

        LogGone(before?.Versions ?? [], model.Versions.Select(version => version.Id.Version).ToHashSet(), level);
    }

    private void LogVersion(RepositoryVersion? former, RepositoryVersion version, string? modelError, LogLevel level)
    {
        if (version.Error is { } error)
        {
            if (error != modelError)
            {
                LogVersionUnavailable(version.Id, error);
            }
        }
        else if (former is null)
        {
            LogVersionAppeared(level, version.Id, ErrorText.Bytes(version.Stamp.FileBytes));
        }
        else
        {
            LogVersionChanged(level, version.Id, ErrorText.Bytes(version.Stamp.FileBytes));
        }
    }

    private void LogGone(IEnumerable<RepositoryVersion> before, HashSet<ModelVersion> now, LogLevel level)
    {
        foreach (var version in before.Where(version => !now.Contains(version.Id.Version)))
        {
            LogVersionRemoved(level, version.Id);
        }
    }

    [LoggerMessage(EventId = 200, Level = LogLevel.Information, Message = "Found {Models} models with {Versions} versions in {Duration}")]
    private partial void LogFound(int models, int versions, TimeSpan duration);

    [LoggerMessage(EventId = 201, Message = "Version {Version} appeared, {Size}")]
    private partial void LogVersionAppeared(LogLevel level, ModelId version, string size);

    [LoggerMessage(EventId = 202, Message = "Version {Version} changed, {Size} now")]
    private partial void LogVersionChanged(LogLevel level, ModelId version, string size);

    [LoggerMessage(EventId = 203, Message = "Version {Version} is no longer served")]
    private partial void LogVersionRemoved(LogLevel level, ModelId version);

    [LoggerMessage(EventId = 204, Level = LogLevel.Information, Message = "Model {Model} was removed")]
    private partial void LogModelRemoved(ModelName model);

    [LoggerMessage(EventId = 205, Level = LogLevel.Warning, Message = "Version {Version} cannot be served: {Reason}")]
    private partial void LogVersionUnavailable(ModelId version, string reason);

    [LoggerMessage(EventId = 206, Level = LogLevel.Warning, Message = "Model {Model} cannot be served: {Reason}")]
    private partial void LogModelUnavailable(ModelName model, string reason);

    [LoggerMessage(EventId = 207, Level = LogLevel.Warning, Message = "Settings of model {Model}: {Warning}")]
    private partial void LogManifestWarning(ModelName model, string warning);

    [LoggerMessage(
        EventId = 208, Level = LogLevel.Error,
        Message = "Failed to read the repository '{Root}', keeping the last snapshot: {Reason}")]
    private partial void LogRootLost(string root, string reason);

    [LoggerMessage(EventId = 209, Level = LogLevel.Information, Message = "The repository '{Root}' can be read again")]
    private partial void LogRootFound(string root);

    [LoggerMessage(EventId = 210, Level = LogLevel.Error, Message = "Repository scan failed; the next poll retries")]
    private partial void LogScanFailed(Exception exception);
}
