using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Serving.Admission;
using Krewe.Serving.Batching;
using Krewe.Serving.Crashes;
using Krewe.Serving.Execution;
using Krewe.Serving.Loading;
using Krewe.Serving.Memory;
using Krewe.Serving.Statistics;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Versions;

/// <summary>
/// Loads and unloads versions. Callers of the same version share one load; a failure is recorded (see <see cref="LoadFailures"/>) and
/// answers further callers until its backoff ends.
/// </summary>
internal sealed partial class VersionLoader(
    BudgetedLoader loads, MemoryBudget budget, SessionRegister register, LoadAdmission permits, LoadThreads loadThreads,
    RunnerThreads runners, BackgroundThread background, LoadFailures failures, ServingCounters counters, FlightRecorder recorder,
    ServingOptions options, TimeProvider time, ILoggerFactory loggers)
{
    private const int MaxAttempts = 16;
    private static readonly TimeSpan RetryWhenFull = TimeSpan.FromSeconds(1);
    private readonly ILogger logger = loggers.CreateLogger<VersionLoader>();

    /// <summary>
    /// A lease on the loaded version, loading it first if needed; null if the version is retired and must be resolved again. Throws
    /// <see cref="KreweException"/> if it cannot serve.
    /// </summary>
    public ValueTask<LoadedModel?> LeaseAsync(ServedVersion version, CancellationToken cancellationToken) =>
        version.Loaded is { } loaded && loaded.TryLease() ? new(loaded) : new(LeaseAfterLoadAsync(version, cancellationToken));

    /// <summary>Loads now, regardless of earlier failures or an operator's unload; other exclusions stay in force.</summary>
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
    /// Drains the version, then frees its memory. Set <see cref="ServedVersion.Exclusion"/> or <see cref="ServedVersion.IsRetired"/>
    /// before, so that it is not loaded again.
    /// </summary>
    public async Task DrainAsync(ServedVersion version, EvictionReason reason)
    {
        if (version.Loading is { } loading)
        {
            // The load sees the exclusion and frees its session.
            await loading.ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        await ReleaseAsync(version, reason);
    }

    /// <summary>The same for an excluded version, which reports as draining meanwhile.</summary>
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

    /// <summary>Drains the current session, then frees it; the next call loads the version again.</summary>
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

            throw KreweException.Overloaded(
                $"model '{version.Id}' was evicted as often as it was loaded: the models in use do not fit into memory", RetryWhenFull);
        }
        finally
        {
            Interlocked.Decrement(ref version.WaitingForLoad);
        }
    }

    /// <summary>
    /// A load completes with a lease, so that the session is not evicted before its first use. The caller that started the load takes it
    /// over, or returns it if it stopped waiting.
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

    /// <summary>Joins or starts the load of the version; null if it is retired. The first caller owns the lease of the load.</summary>
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
        // Leave the caller's lock first.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var start = time.GetTimestamp();
        try
        {
            var loaded = await LoadWithinBudgetAsync(version);
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

    private async Task<LoadedModel> LoadWithinBudgetAsync(ServedVersion version)
    {
        var fileBytes = version.Artifact.Stamp.FileBytes;
        if (fileBytes > budget.Bytes)
        {
            throw KreweException.Unavailable(
                $"it needs more than {ErrorText.Bytes(fileBytes)} of memory, and the budget is {ErrorText.Bytes(budget.Bytes)}");
        }

        var timeout = options.MemoryTimeout;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            // Wait for capacity without a permit: its holder is blamed if the process crashes, and may block other loads.
            var reservation = ReservationOf(version);
            timeout = await WaitForCapacityAsync(version, reservation, timeout);
            if (await TryLoadWithPermitAsync(version, reservation) is { } loaded)
            {
                return loaded;
            }
        }

        throw InsufficientMemory(version);
    }

    /// <summary>Waits until a reservation may succeed; returns the rest of the timeout, or throws when it ends.</summary>
    private async Task<TimeSpan> WaitForCapacityAsync(ServedVersion version, long reservation, TimeSpan timeout)
    {
        var start = time.GetTimestamp();
        for (;;)
        {
            var capacityChanges = budget.WhenCapacityChanges();
            var left = timeout - time.GetElapsedTime(start);
            if (budget.CanReserve(reservation))
            {
                return left;
            }

            if (left <= TimeSpan.Zero || !await WaitAsync(capacityChanges, left))
            {
                throw InsufficientMemory(version);
            }
        }
    }

    /// <summary>Null if others took the capacity meanwhile. Lock order: permit, then memory.</summary>
    private async Task<LoadedModel?> TryLoadWithPermitAsync(ServedVersion version, long reservation)
    {
        var permit = await permits.EnterAsync(version.Id, version.Artifact.Stamp.Identity);
        try
        {
            if (permit is { IsSuspect: true } && !await loads.TryOpenAsync(version.Artifact, reservation))
            {
                return null;
            }

            return await loads.LoadAsync(version.Artifact, reservation, session => Admit(version, session, reservation));
        }
        finally
        {
            permits.Leave(version.Id, permit);
        }
    }

    private static KreweException InsufficientMemory(ServedVersion version) => KreweException.Overloaded(
        $"not enough memory to load model '{version.Id}': all other loaded models are in use or held by a rollout", RetryWhenFull);

    /// <summary>Null if the session is larger than reserved and sessions in use leave too little memory.</summary>
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
        var isPlain = session.Isolation.Reason is null;
        var runner = new BatchRunner(
            version.Id, session.Session, version.Statistics, counters.BatchSizes, time, loggers.CreateLogger<BatchRunner>(),
            session.Isolation.InWorker ? null : new FlightLog(recorder, version.Id, canHarm: !isPlain),
            isPlain && manifest.Threads is not > 1 && session.Session.Provider == ExecutionProvider.Cpu ? new ShortRuns() : null);
        var queueOptions = new BatchQueueOptions(
            session.Batching.MaxBatchSize, manifest.MaxQueueDelay, manifest.MaxQueueLength,
            session.Isolation.InWorker ? 1 : manifest.MaxConcurrentRuns ?? runners.RegularCount);
        return new LoadedModel(
            session, new BatchQueue(runner, queueOptions, runners, version.Statistics, time),
            new BackgroundQueue(runner, session.Batching.MaxBatchSize, background), time, budget.SignalCapacity);
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
            throw KreweException.Unavailable("it was unloaded while it was loading");
        }

        if (version.Origin is null)
        {
            register.RaiseLoaded(version.Id);
        }
    }

    private async Task<bool> WaitAsync(Task task, TimeSpan timeout)
    {
        try
        {
            await task.WaitAsync(timeout, time);
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

    [LoggerMessage(EventId = 153, Level = LogLevel.Warning, Message = "Model {Model}: requests are not batched: {Reason}")]
    private partial void LogNotBatched(ModelId model, string reason);
}
