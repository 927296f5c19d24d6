using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Grains.Routes;
using Krewe.Grains.Silos;
using Krewe.Serving.Admission;
using Krewe.Serving.Crashes;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Loads;

/// <summary>
/// Protects the cluster from a crash loop. Every load is recorded durably before it begins, so that the next process knows which load
/// crashed the last one. A version that crashed a process is loaded exclusively, and is quarantined after its second crash. A version that
/// this process has loaded before may load unrecorded if storage is down.
/// </summary>
public sealed partial class CrashLoopGuard(
    IGrainFactory grains, LoadLock loadLock, LoadEnds ends, LocalNode local, NodeOptions options, TimeProvider time,
    ILogger<CrashLoopGuard> logger, FlightRecorder? recorder = null)
    : ILoadGate
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a load that needs no record waits for one: a lost database may not answer at all.</summary>
    private static readonly TimeSpan KnownTimeout = TimeSpan.FromSeconds(2);
    private readonly LoadEnds ends = ends;
    private readonly ConcurrentDictionary<ModelId, string> known = new();
    private readonly ConcurrentDictionary<Load, byte> open = new();

    public async ValueTask<ILoadPermit> EnterAsync(ModelId model, string artifact, CancellationToken cancellationToken)
    {
        await WaitForLastEndAsync(model, artifact, cancellationToken);
        var (load, isSuspect) = await EnterAsync(model, artifact, alone: false, cancellationToken);
        if (!isSuspect)
        {
            return load;
        }

        // A suspect is recorded only once it loads exclusively.
        load.Leave();
        LogAlone(model);
        return (await EnterAsync(model, artifact, alone: true, cancellationToken)).Load;
    }

    public Task QuarantineAsync(ModelId model, string reason) =>
        grains.GetGrain<IModelGrain>(model.Name.ToString()).QuarantineAsync(model.Version.Number, reason);

    public Task RefuseAsync(ModelId model, string inputs) => grains.GetGrain<IModelGrain>(model.Name.ToString())
        .RefuseAsync(model.Version.Number, inputs).WaitAsync(options.RecordTimeout, time);

    /// <summary>
    /// Closes the records of loads under way before a planned exit, so that they do not count as crashes. Completes once recorded.
    /// </summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        foreach (var load in open.Keys)
        {
            await load.DisposeAsync();
        }

        await ends.WhenAllReportedAsync().WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Waits until the end of the version's last load is recorded; a late record would close this load's. A load that needs no record goes
    /// on.
    /// </summary>
    private async Task WaitForLastEndAsync(ModelId model, string artifact, CancellationToken cancellationToken)
    {
        try
        {
            await ends.WhenReportedAsync(model).WaitAsync(
                IsKnown(model, artifact) ? KnownTimeout : options.RecordTimeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            if (!IsKnown(model, artifact))
            {
                throw NotRecorded(null);
            }
        }
    }

    private async Task<(Load Load, bool IsSuspect)> EnterAsync(
        ModelId model, string artifact, bool alone, CancellationToken cancellationToken)
    {
        var intent = new LoadIntent(
            local.Address.ToParsableString(), local.Name, artifact, alone, recorder?.Id ?? "");
        var load = new Load(this, model, intent, await loadLock.EnterAsync(alone, cancellationToken));
        try
        {
            var verdict = await BeginAsync(model, intent, cancellationToken);
            if (verdict is { Allowed: false })
            {
                throw KreweException.Unavailable(ExclusionReasons.Quarantined(verdict.Reason));
            }

            if (verdict is null || (verdict.Suspect && !alone))
            {
                load.IsRecorded = false;
            }

            open.TryAdd(load, 0);
            return (load, verdict is { Suspect: true });
        }
        catch (Exception error)
        {
            load.IsRecorded = error is not KreweException { Code: KreweErrorCode.Unavailable };
            load.Leave();
            throw;
        }
    }

    /// <summary>The verdict; null if storage does not answer and none is needed.</summary>
    private async Task<LoadVerdict?> BeginAsync(ModelId model, LoadIntent intent, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var isLogged = false; ; await Task.Delay(Pause, time, cancellationToken))
        {
            try
            {
                var timeout = IsKnown(model, intent.Artifact) ? KnownTimeout : Timeout.InfiniteTimeSpan;
                return await grains.GetGrain<IModelVersionGrain>(model.ToString()).BeginLoadAsync(intent).WaitAsync(
                    timeout, time, cancellationToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                if (IsKnown(model, intent.Artifact))
                {
                    // The request may have been recorded all the same.
                    ends.Report(model, intent);
                    LogUnrecorded(error, model);
                    return null;
                }

                if (time.GetElapsedTime(start) >= options.RecordTimeout)
                {
                    ends.Report(model, intent);
                    throw NotRecorded(error);
                }

                if (!isLogged)
                {
                    LogWaiting(error, model);
                    isLogged = true;
                }
            }
        }
    }

    private bool IsKnown(ModelId model, string artifact) => known.TryGetValue(model, out var loaded) && loaded == artifact;

    /// <summary>The caller adds the version's name.</summary>
    private static KreweException NotRecorded(Exception? error) => KreweException.Unavailable(
        "its load cannot be recorded at present, because the cluster's database does not answer", Pause, error);

    private sealed class Load(CrashLoopGuard guard, ModelId model, LoadIntent intent, IDisposable held) : ILoadPermit
    {
        private int over;

        public bool IsSuspect { get; } = intent.Alone;

        /// <summary>True if the start is, or may be, on record; the end must then be recorded too.</summary>
        public bool IsRecorded { get; set; } = true;

        public ValueTask DisposeAsync()
        {
            // The load ended and the process lives: the artifact crashes nothing.
            guard.known[model] = intent.Artifact;
            Leave();
            return ValueTask.CompletedTask;
        }

        public void Leave()
        {
            if (Interlocked.Exchange(ref over, 1) != 0)
            {
                return;
            }

            guard.open.TryRemove(this, out _);
            held.Dispose();
            if (IsRecorded)
            {
                guard.ends.Report(model, intent);
            }
        }
    }

    [LoggerMessage(EventId = 421, Level = LogLevel.Warning,
        Message = "Model {Model} crashed a process before; loading it exclusively, one load at a time")]
    private partial void LogAlone(ModelId model);

    [LoggerMessage(
        EventId = 422, Level = LogLevel.Debug,
        Message = "Loading model {Model} without a record, because storage does not answer; this process has loaded it before")]
    private partial void LogUnrecorded(Exception error, ModelId model);

    [LoggerMessage(
        EventId = 423, Level = LogLevel.Warning,
        Message = "The load of model {Model} waits for the cluster's database, which does not answer; retrying")]
    private partial void LogWaiting(Exception error, ModelId model);
}
