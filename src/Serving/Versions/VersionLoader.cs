using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Serving.Admission;
using Krewe.Serving.Batching;
using Krewe.Serving.Execution;
using Krewe.Serving.Loading;
using Krewe.Serving.Memory;
using Krewe.Serving.Statistics;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Versions;

/// <summary>
/// Brings versions into memory and out again. Callers that need the same version share one load; its failure is remembered (see
/// <see cref="LoadFailures"/>), and until the back-off is over it answers the next callers as well.
/// </summary>
internal sealed partial class VersionLoader(
    BudgetedLoader loads, MemoryBudget budget, SessionRegister register, LoadAdmission permits, LoadThreads loadThreads,
    RunnerThreads runners, BackgroundThread background, LoadFailures failures, ServingCounters counters, ServingOptions options,
    TimeProvider time, ILoggerFactory loggers)
{
    private const int MaxAttempts = 16;
    private static readonly TimeSpan RetryWhenFull = TimeSpan.FromSeconds(1);
    private readonly ILogger logger = loggers.CreateLogger<VersionLoader>();

    /// <summary>
    /// A lease on the version in memory, loading it first where needed; null where the version is retired and must be looked up
    /// again. Throws <see cref="KreweException"/> where it cannot serve.
    /// </summary>
    public ValueTask<LoadedModel?> LeaseAsync(ServedVersion version, CancellationToken cancellationToken) =>
        version.Loaded is { } loaded && loaded.TryLease() ? new(loaded) : new(LeaseAfterLoadAsync(version, cancellationToken));

    /// <summary>Loads at once, whatever failed or was unloaded before; what was taken out for another reason stays out.</summary>
    public async Task LoadNowAsync(ServedVersion version, CancellationToken cancellationToken)
    {
        lock (version.Gate)
        {
            version.Exclusion = version.Exclusion?.State == VersionState.Unloaded ? null : version.Exclusion;
            failures.Forget(version);
        }

        (await LeaseAsync(version, cancellationToken))?.Return();
    }

    /// <summary>
    /// Lets the calls under way finish, then frees the memory. Before this, set <see cref="ServedVersion.Exclusion"/> or
    /// <see cref="ServedVersion.IsRetired"/>, so that nobody loads it again.
    /// </summary>
    public async Task DrainAsync(ServedVersion version, EvictionReason reason)
    {
        if (version.Loading is { } loading)
        {
            // It sees the mark and frees what it loaded.
            await loading.ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        await ReleaseAsync(version, reason);
    }

    /// <summary>The same for a version that was taken out, which is seen as draining meanwhile.</summary>
    public async Task DrainExcludedAsync(ServedVersion version)
    {
        lock (version.Gate)
        {
            version.IsDraining = version.Loaded is not null;
        }

        await DrainAsync(version, EvictionReason.Unload);
        lock (version.Gate)
        {
            version.IsDraining = false;
        }
    }

    /// <summary>Lets the calls under way on what is in memory finish, then frees it; the next call loads the version again.</summary>
    public async Task ReleaseAsync(ServedVersion version, EvictionReason reason)
    {
        if (version.FindBaseline() is { } baseline)
        {
            await ReleaseAsync(baseline, reason);
        }

        if (version.Loaded is { } loaded)
        {
            loaded.Close();
            await loaded.Drained;
            await loadThreads.RunAsync(() => budget.FreeDrained(new Resident(version, loaded, register), reason));
        }
    }

    private long ReservationOf(ServedVersion version) =>
        Math.Min(Math.Max(LoadMeter.EstimateLoading(version.Artifact.Stamp.FileBytes), version.MeasuredBytes), budget.Bytes);

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
                if (JoinLoad(version, out var isFirst) is not { } load)
                {
                    return null;
                }

                var loaded = await WaitForLoadAsync(load, isFirst, cancellationToken);
                if (isFirst || loaded.TryLease())
                {
                    return loaded;
                }
            }

            throw KreweException.Overloaded($"model '{version.Id}' was evicted as often as it was loaded: too many models are called for "
                + "the memory there is", RetryWhenFull);
        }
        finally
        {
            Interlocked.Decrement(ref version.WaitingForLoad);
        }
    }

    /// <summary>
    /// A load ends with a lease, so that nothing evicts what nobody has used yet: the caller who began it takes it over, or gives it
    /// back where he does not wait for the end.
    /// </summary>
    private static async Task<LoadedModel> WaitForLoadAsync(Task<LoadedModel> load, bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            return await load.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (isFirst)
        {
            _ = ReturnWhenLoadedAsync(load);
            throw;
        }
    }

    private static async Task ReturnWhenLoadedAsync(Task<LoadedModel> load)
    {
        await ((Task)load).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (load.IsCompletedSuccessfully)
        {
            (await load).Return();
        }
    }

    /// <summary>
    /// The load that brings, or has brought, the version into memory; null where it is retired. Whoever is the first gets its lease.
    /// </summary>
    private Task<LoadedModel>? JoinLoad(ServedVersion version, out bool isFirst)
    {
        isFirst = false;
        lock (version.Gate)
        {
            if (version.IsRetired)
            {
                return null;
            }

            failures.ThrowIfNotServable(version);
            if (version.Loaded is { IsClosed: false } loaded)
            {
                return Task.FromResult(loaded);
            }

            isFirst = version.Loading is null;
            return version.Loading ??= LoadAsync(version);
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
            LogLoaded(
                version.Id, duration.TotalMilliseconds, ErrorText.Bytes(loaded.MemoryBytes), loaded.Session.Provider, loaded.MaxBatchSize);
            if (version.Artifact.Manifest.MaxBatchSize > 1 && loaded.Batching.Reason is { } reason)
            {
                LogNotBatched(version.Id, reason);
            }

            return loaded;
        }
        catch (Exception error)
        {
            throw failures.Remember(version, error);
        }
    }

    private async Task<LoadedModel> LoadWhenThereIsRoomAsync(ServedVersion version)
    {
        var fileBytes = version.Artifact.Stamp.FileBytes;
        if (fileBytes > budget.Bytes)
        {
            throw KreweException.Unavailable(
                $"it needs more than {ErrorText.Bytes(fileBytes)} of memory, and the budget is {ErrorText.Bytes(budget.Bytes)}");
        }

        var patience = options.RoomPatience;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            // Room is waited for without a permit: whoever holds one is blamed for what happens to the process, and may keep others
            // waiting.
            var reservation = ReservationOf(version);
            patience = await WaitForRoomAsync(version, reservation, patience);
            if (await TryLoadWithPermitAsync(version, reservation) is { } loaded)
            {
                return loaded;
            }
        }

        throw NoRoomFor(version);
    }

    /// <summary>Waits until there may be room for a load; what is left of the patience, or an error when it is over.</summary>
    private async Task<TimeSpan> WaitForRoomAsync(ServedVersion version, long reservation, TimeSpan patience)
    {
        var start = time.GetTimestamp();
        for (;;)
        {
            var roomChanges = budget.WhenRoomChanges();
            var left = patience - time.GetElapsedTime(start);
            if (budget.HasRoom(reservation))
            {
                return left;
            }

            if (left <= TimeSpan.Zero || !await WaitAsync(roomChanges, left))
            {
                throw NoRoomFor(version);
            }
        }
    }

    /// <summary>Null where others have taken the room meanwhile. The permit is asked for before anything is reserved.</summary>
    private async Task<LoadedModel?> TryLoadWithPermitAsync(ServedVersion version, long reservation)
    {
        var permit = await permits.EnterAsync(version.Id, version.Artifact.Stamp.Identity);
        try
        {
            return await loads.LoadAsync(version.Artifact, reservation, session => Admit(version, session, reservation));
        }
        finally
        {
            permits.Leave(version.Id, permit);
        }
    }

    private static KreweException NoRoomFor(ServedVersion version) => KreweException.Overloaded(
        $"there is no room to load model '{version.Id}': all other models in memory are in use or held there by a rollout", RetryWhenFull);

    /// <summary>Null where it turned out larger than reserved and the sessions in use leave no room for that.</summary>
    private LoadedModel? Admit(ServedVersion version, LoadedSession session, long reservation)
    {
        version.MeasuredBytes = session.MemoryBytes;
        if (session.MemoryBytes > budget.Bytes)
        {
            session.Session.Dispose();
            budget.Cancel(reservation);
            throw KreweException.Unavailable(
                $"it needs {ErrorText.Bytes(session.MemoryBytes)} of memory, and the budget is {ErrorText.Bytes(budget.Bytes)}");
        }

        var loaded = Wrap(version, session);
        loaded.TryLease();
        if (!budget.TryAdmit(new Resident(version, loaded, register), reservation))
        {
            loaded.Free();
            return null;
        }

        Publish(version, loaded);
        return loaded;
    }

    private LoadedModel Wrap(ServedVersion version, LoadedSession session)
    {
        var manifest = version.Artifact.Manifest;
        var runner = new BatchRunner(version.Id, session.Session, version.Statistics, time, loggers.CreateLogger<BatchRunner>());
        var queueOptions = new BatchQueueOptions(
            session.Batching.MaxBatchSize, manifest.MaxQueueDelay, manifest.MaxQueueLength, manifest.MaxConcurrentRuns
                ?? runners.RegularCount);
        return new LoadedModel(
            session, new BatchQueue(runner, queueOptions, runners, version.Statistics, time),
            new BackgroundQueue(runner, session.Batching.MaxBatchSize, background), time, budget.SignalRoom);
    }

    private void Publish(ServedVersion version, LoadedModel loaded)
    {
        bool wanted;
        lock (version.Gate)
        {
            version.Loading = null;
            wanted = !version.IsRetired && version.Exclusion is null;
            if (wanted)
            {
                failures.Forget(version);
                version.Loaded = loaded;
                if (version.Origin is null)
                {
                    register.Add(version.Id, loaded);
                }
            }
        }

        if (!wanted)
        {
            loaded.Close();
            loaded.Return();
            budget.FreeDrained(new Resident(version, loaded, register), EvictionReason.Unload);
            throw KreweException.Unavailable("it was taken out while it was loading");
        }

        if (version.Origin is null)
        {
            register.RaiseLoaded(version.Id);
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

    [LoggerMessage(EventId = 150, Level = LogLevel.Information,
        Message = "Model {Model} loaded in {Milliseconds:F1} ms, {Size}, on {Provider}, max batch size {MaxBatchSize}")]
    private partial void LogLoaded(ModelId model, double milliseconds, string size, ExecutionProvider provider, int maxBatchSize);

    [LoggerMessage(EventId = 153, Level = LogLevel.Warning, Message = "Model {Model}: requests run one by one: {Reason}")]
    private partial void LogNotBatched(ModelId model, string reason);
}
