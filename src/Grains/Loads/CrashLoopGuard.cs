using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Grains.Routes;
using Krewe.Grains.Silos;
using Krewe.Serving.Admission;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Loads;

/// <summary>
/// Protects the cluster from a crash loop: records every load durably before it begins, so that a load that crashes a process is known to
/// the next one. A version that crashed a process before loads while nothing else does, and is quarantined after the second crash. What
/// this process has loaded before needs no record where none can be had.
/// </summary>
public sealed partial class CrashLoopGuard(
    IGrainFactory grains, LoadLock turns, LoadEnds ends, LocalNode local, NodeOptions options, TimeProvider time,
    ILogger<CrashLoopGuard> logger)
    : ILoadGate
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a load that needs no record waits for one: a database that is gone says nothing at all.</summary>
    private static readonly TimeSpan KnownPatience = TimeSpan.FromSeconds(2);
    private readonly LoadEnds ends = ends;
    private readonly ConcurrentDictionary<ModelId, string> known = new();
    private readonly ConcurrentDictionary<Load, byte> open = new();

    public async ValueTask<IAsyncDisposable> EnterAsync(ModelId model, string artifact, CancellationToken cancellationToken)
    {
        await WaitForEndAsync(model, artifact, cancellationToken);
        var (load, isSuspect) = await EnterAsync(model, artifact, alone: false, cancellationToken);
        if (!isSuspect)
        {
            return load;
        }

        // Nothing of a suspect is recorded before it is alone.
        load.Leave();
        LogAlone(model);
        return (await EnterAsync(model, artifact, alone: true, cancellationToken)).Load;
    }

    /// <summary>This process ends on purpose: loads under way are not to count as its death. Done when that is recorded.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        foreach (var load in open.Keys)
        {
            await load.DisposeAsync();
        }

        await ends.WhenAllToldAsync().WaitAsync(cancellationToken);
    }

    /// <summary>The end of the load before must be recorded, or it would end this one. Without a record this need not wait.</summary>
    private async Task WaitForEndAsync(ModelId model, string artifact, CancellationToken cancellationToken)
    {
        try
        {
            await ends.WhenToldAsync(model).WaitAsync(
                IsKnown(model, artifact) ? KnownPatience : options.RecordPatience, time, cancellationToken);
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
        var intent = new LoadIntent(local.Address.ToParsableString(), local.Name, artifact, alone);
        var load = new Load(this, model, intent, await turns.EnterAsync(alone, cancellationToken));
        try
        {
            var verdict = await BeginAsync(model, intent, cancellationToken);
            if (verdict is { Allowed: false })
            {
                throw KreweException.Unavailable(RouteTexts.Quarantined(verdict.Reason));
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

    /// <summary>The verdict; null where none could be had and none is needed.</summary>
    private async Task<LoadVerdict?> BeginAsync(ModelId model, LoadIntent intent, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var isTold = false; ; await Task.Delay(Pause, time, cancellationToken))
        {
            try
            {
                var patience = IsKnown(model, intent.Artifact) ? KnownPatience : Timeout.InfiniteTimeSpan;
                return await grains.GetGrain<IModelVersionGrain>(model.ToString()).BeginLoadAsync(intent).WaitAsync(
                    patience, time, cancellationToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                if (IsKnown(model, intent.Artifact))
                {
                    // It may have been recorded all the same.
                    ends.Tell(model, intent);
                    LogUnrecorded(error, model);
                    return null;
                }

                if (time.GetElapsedTime(start) >= options.RecordPatience)
                {
                    ends.Tell(model, intent);
                    throw NotRecorded(error);
                }

                if (!isTold)
                {
                    LogWaiting(error, model);
                    isTold = true;
                }
            }
        }
    }

    private bool IsKnown(ModelId model, string artifact) => known.TryGetValue(model, out var loaded) && loaded == artifact;

    /// <summary>Serving says of which version.</summary>
    private static KreweException NotRecorded(Exception? error) => KreweException.Unavailable(
        "its load cannot be recorded at present, because the cluster's database does not answer", Pause, error);

    private sealed class Load(CrashLoopGuard gate, ModelId model, LoadIntent intent, IDisposable turn) : IAsyncDisposable
    {
        private int over;

        /// <summary>Its beginning is, or may be, on record, and so its end must be.</summary>
        public bool IsRecorded { get; set; } = true;

        public ValueTask DisposeAsync()
        {
            // It ended, and the process lives: that is all there is to know of the artifact.
            gate.known[model] = intent.Artifact;
            Leave();
            return ValueTask.CompletedTask;
        }

        public void Leave()
        {
            if (Interlocked.Exchange(ref over, 1) != 0)
            {
                return;
            }

            gate.open.TryRemove(this, out _);
            turn.Dispose();
            if (IsRecorded)
            {
                gate.ends.Tell(model, intent);
            }
        }
    }

    [LoggerMessage(EventId = 421, Level = LogLevel.Warning,
        Message = "Model {Model} has taken a process down before: it loads while nothing else does")]
    private partial void LogAlone(ModelId model);

    [LoggerMessage(
        EventId = 422, Level = LogLevel.Debug, Message = "Model {Model} loads without a record: this process has loaded it before")]
    private partial void LogUnrecorded(Exception error, ModelId model);

    [LoggerMessage(
        EventId = 423, Level = LogLevel.Warning, Message = "Model {Model} waits to be loaded: the cluster's database does not answer")]
    private partial void LogWaiting(Exception error, ModelId model);
}
