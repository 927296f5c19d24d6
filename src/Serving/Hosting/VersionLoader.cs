using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

/// <summary>
/// Brings versions into memory and out again. Callers that need the same version share one load; its failure is remembered, and
/// until the back-off is over it answers the next callers as well.
/// </summary>
internal sealed partial class VersionLoader(
    SessionLoader sessions, MemoryBudget budget, LoadThreads loadThreads, RunnerThreads runners, ServingCounters counters,
    ServingOptions options, TimeProvider time, ILoggerFactory loggers)
{
    private const long LargeFileBytes = 32L << 20;
    private const int MaxAttempts = 16;
    private static readonly TimeSpan RetryWhenFull = TimeSpan.FromSeconds(1);
    private readonly ILogger logger = loggers.CreateLogger<VersionLoader>();

    /// <summary>
    /// A lease on the version in memory, loading it first where needed; null where the version is retired and must be looked up
    /// again. Throws <see cref="KreweException"/> where it cannot serve.
    /// </summary>
    public ValueTask<LoadedModel?> LeaseAsync(ServedVersion version, CancellationToken cancellationToken) =>
        version.Loaded is { } loaded && loaded.TryLease() ? new(loaded) : new(LeaseAfterLoadAsync(version, cancellationToken));

    /// <summary>Loads at once, whatever failed or was unloaded before.</summary>
    public async Task LoadNowAsync(ServedVersion version, CancellationToken cancellationToken)
    {
        lock (version.Gate)
        {
            version.IsUnloaded = false;
            version.Failure = null;
        }

        (await LeaseAsync(version, cancellationToken))?.Return();
    }

    /// <summary>
    /// Lets the calls under way finish, then frees the memory. Before this, set <see cref="ServedVersion.IsUnloaded"/> or
    /// <see cref="ServedVersion.IsRetired"/>, so that nobody loads it again.
    /// </summary>
    public async Task DrainAsync(ServedVersion version, EvictionReason reason)
    {
        if (version.Loading is { } loading)
        {
            // It sees the mark and frees what it loaded.
            await loading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        if (version.Loaded is { } loaded)
        {
            loaded.Close();
            await loaded.Drained;
            await loadThreads.RunAsync(() => budget.FreeDrained(new Resident(version, loaded), reason));
        }
    }

    private async Task<LoadedModel?> LeaseAfterLoadAsync(ServedVersion version, CancellationToken cancellationToken)
    {
        counters.AddMiss();
        try
        {
            if (Interlocked.Increment(ref version.WaitingForLoad) > version.Artifact.Manifest.MaxQueueLength)
            {
                version.Statistics.AddRejection();
                throw KreweException.Overloaded($"too many requests wait for model '{version.Id}' to load", RetryWhenFull);
            }

            for (var attempt = 0; attempt < MaxAttempts; attempt++)
            {
                if (JoinLoad(version) is not { } load)
                {
                    return null;
                }

                var loaded = await load.WaitAsync(cancellationToken);
                if (loaded.TryLease())
                {
                    return loaded;
                }
            }

            throw KreweException.Overloaded($"model '{version.Id}' was evicted as often as it was loaded: too many models are called for the memory there is", RetryWhenFull);
        }
        finally
        {
            Interlocked.Decrement(ref version.WaitingForLoad);
        }
    }

    /// <summary>The load that brings, or has brought, the version into memory; null where it is retired.</summary>
    private Task<LoadedModel>? JoinLoad(ServedVersion version)
    {
        lock (version.Gate)
        {
            if (version.IsRetired)
            {
                return null;
            }

            ThrowIfNotServable(version);
            return version.Loaded is { IsClosed: false } loaded ? Task.FromResult(loaded) : version.Loading ??= LoadAsync(version);
        }
    }

    private void ThrowIfNotServable(ServedVersion version)
    {
        if (version.Artifact.Error is { } error)
        {
            throw new LoadFailure(error, 1, 0).ToError(version.Id, TimeSpan.FromSeconds(10));
        }

        if (version.IsUnloaded)
        {
            throw KreweException.Unavailable($"model '{version.Id.Name}' version '{version.Id.Version}' is unloaded; load it to serve it again");
        }

        if (version.Failure is { } failure && time.GetElapsedTime(time.GetTimestamp(), failure.RetryAt) is var left && left > TimeSpan.Zero)
        {
            throw failure.ToError(version.Id, left);
        }
    }

    private async Task<LoadedModel> LoadAsync(ServedVersion version)
    {
        // Off the caller's lock before anything else.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var start = time.GetTimestamp();
        try
        {
            var loaded = await LoadWhenThereIsRoomAsync(version);
            var duration = time.GetElapsedTime(start);
            counters.AddLoad(duration);
            LogLoaded(version.Id, duration.TotalMilliseconds, loaded.MemoryBytes, loaded.Session.Provider, loaded.MaxBatchSize);
            return loaded;
        }
        catch (Exception error)
        {
            throw Remember(version, error);
        }
    }

    private async Task<LoadedModel> LoadWhenThereIsRoomAsync(ServedVersion version)
    {
        var fileBytes = version.Artifact.Stamp.FileBytes;
        var reservation = Math.Min(LoadMeter.EstimateLoading(fileBytes), budget.Bytes);
        if (fileBytes > budget.Bytes)
        {
            throw KreweException.Unavailable($"it needs more than {fileBytes} bytes of memory, and the budget is {budget.Bytes}");
        }

        var isLarge = fileBytes >= LargeFileBytes;
        var start = time.GetTimestamp();
        for (;;)
        {
            var roomChanges = budget.WhenRoomChanges();
            if (await (isLarge ? TryLoadLargeAsync(version, reservation) : loadThreads.RunAsync(() => TryLoad(version, reservation))) is { } loaded)
            {
                return loaded;
            }

            var left = options.RoomPatience - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || !await WaitAsync(roomChanges, left))
            {
                throw KreweException.Overloaded(
                    $"there is no room to load model '{version.Id}': all other models in memory are in use", RetryWhenFull);
            }
        }
    }

    /// <summary>On a load thread; null where there is no room now.</summary>
    private LoadedModel? TryLoad(ServedVersion version, long reservation)
    {
        if (!budget.TryReserve(reservation))
        {
            return null;
        }

        try
        {
            return LoadReserved(version, reservation);
        }
        finally
        {
            budget.ReturnFreedMemory();
        }
    }

    /// <summary>
    /// The same for a large model. Only the load itself runs at the lowest priority: the budget's lock and the heap's are not to be
    /// held by a thread that may not run for a while.
    /// </summary>
    private async Task<LoadedModel?> TryLoadLargeAsync(ServedVersion version, long reservation)
    {
        if (!await loadThreads.RunAsync(() => budget.TryReserve(reservation)))
        {
            return null;
        }

        try
        {
            return await loadThreads.RunAsync(() => LoadReserved(version, reservation), isLarge: true);
        }
        finally
        {
            await loadThreads.RunAsync(() => budget.ReturnFreedMemory());
        }
    }

    private LoadedModel LoadReserved(ServedVersion version, long reservation)
    {
        LoadedSession session;
        try
        {
            session = sessions.Load(version.Artifact);
        }
        catch
        {
            budget.Cancel(reservation);
            throw;
        }

        var loaded = Wrap(version, session);
        budget.Admit(new Resident(version, loaded), reservation);
        Publish(version, loaded);
        return loaded;
    }

    private LoadedModel Wrap(ServedVersion version, LoadedSession session)
    {
        var manifest = version.Artifact.Manifest;
        var runner = new BatchRunner(version.Id, session.Session, version.Statistics, time, loggers.CreateLogger<BatchRunner>());
        var queueOptions = new BatchQueueOptions(
            session.MaxBatchSize, manifest.MaxQueueDelay, manifest.MaxQueueLength, manifest.MaxConcurrentRuns ?? runners.RegularCount);
        return new LoadedModel(session, new BatchQueue(runner, queueOptions, runners, version.Statistics, time), time, budget.SignalRoom);
    }

    private void Publish(ServedVersion version, LoadedModel loaded)
    {
        bool wanted;
        lock (version.Gate)
        {
            version.Loading = null;
            wanted = !version.IsRetired && !version.IsUnloaded && loaded.MemoryBytes <= budget.Bytes;
            if (wanted)
            {
                version.Failure = null;
                version.Loaded = loaded;
            }
        }

        if (!wanted)
        {
            loaded.Close();
            budget.FreeDrained(new Resident(version, loaded), EvictionReason.Unload);
            throw KreweException.Unavailable(loaded.MemoryBytes > budget.Bytes
                ? $"it needs {loaded.MemoryBytes} bytes of memory, and the budget is {budget.Bytes}"
                : "it was taken out while it was loading");
        }
    }

    private KreweException Remember(ServedVersion version, Exception error)
    {
        counters.AddLoadFailure();
        var reason = error is KreweException ? error.Message : "an unexpected error, described in the server's log";
        LogLoadFailed(error is KreweException ? null : error, version.Id, reason);
        lock (version.Gate)
        {
            version.Loading = null;
            if (error is KreweException { Code: KreweErrorCode.Overloaded } noRoom)
            {
                // Not the model's fault, and nothing to remember.
                return noRoom;
            }

            var failures = (version.Failure?.Count ?? 0) + 1;
            var backOff = LoadBackOff.After(failures);
            var retryAt = time.GetTimestamp() + (long)(backOff.TotalSeconds * time.TimestampFrequency);
            version.Failure = new LoadFailure(reason, failures, retryAt);
            return version.Failure.ToError(version.Id, backOff);
        }
    }

    private async Task<bool> WaitAsync(Task task, TimeSpan patience)
    {
        try
        {
            await task.WaitAsync(patience, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
