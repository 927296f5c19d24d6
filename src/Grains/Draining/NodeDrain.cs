using System.Collections.Concurrent;
using Krewe.Client.Monitoring;
using Krewe.Grains.Loads;
using Krewe.Grains.Replicas;
using Krewe.Grains.Silos;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Draining;

/// <summary>
/// Drains this silo without losing a call: it takes no new replicas, its replicas move to silos that load them first, and calls under way
/// are answered. Runs first when the silo stops, because Orleans' own stop loses calls. A program with an HTTP server drains before it
/// stops that.
/// </summary>
public sealed partial class NodeDrain(
    LocalNode local, ISiloStatusOracle members, ReplicaRegistry registry, IClusterSnapshotSource snapshots, ReplicaMover mover,
    CrashLoopGuard guard,
    NodeOptions options, TimeProvider time, ILogger<NodeDrain> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    private const int Movers = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan WarmTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RecordTimeout = TimeSpan.FromSeconds(3);
    private int begun;

    /// <summary>A single silo has no other silo to move models to.</summary>
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(NodeDrain), ServiceLifecycleStage.Last, static _ =>
            Task.CompletedTask, options.IsAlone ? CloseLoadRecordsAsync : DrainAsync);

    /// <summary>Drains, once. Ends after <see cref="NodeOptions.DrainLimit"/> at the latest, or at once when cancelled.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        // A member declared dead is ignored by the others, and its models are placed elsewhere already.
        if (members.CurrentStatus == SiloStatus.Dead || Interlocked.Exchange(ref begun, 1) != 0)
        {
            return;
        }

        using var limit = new CancellationTokenSource(options.DrainLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var start = time.GetTimestamp();
        local.Drain();
        LogBegin(registry.All.Count(), registry.Running);
        try
        {
            await WaitForNoticeAsync(either.Token);
            LogNoticed(local.Readings, time.GetElapsedTime(start).TotalMilliseconds);
            var (moved, ended) = await MoveAllAsync(either.Token);
            LogMoved(moved, ended, time.GetElapsedTime(start).TotalMilliseconds);
            await WaitForCallsAsync(either.Token);
            await CloseLoadRecordsAsync(either.Token);
            LogEnd(time.GetElapsedTime(start).TotalMilliseconds);
        }
        catch (OperationCanceledException)
        {
            LogCutShort(registry.All.Count(), registry.Running, time.GetElapsedTime(start).TotalMilliseconds);
        }
    }

    /// <summary>Waits until every process that places replicas has polled this silo's state, which each does twice a second.</summary>
    private async Task WaitForNoticeAsync(CancellationToken cancellationToken)
    {
        // External clients poll too, so the number of polls proves nothing. Only an idle silo with no other member skips the wait.
        if (snapshots.Current.Nodes.Any(node => !node.Address.Equals(local.Address)) || registry.Running > 0)
        {
            await Task.Delay(options.DrainNotice, time, cancellationToken);
        }
    }

    /// <summary>Busiest replicas first.</summary>
    private async Task<(int Moved, int Ended)> MoveAllAsync(CancellationToken cancellationToken)
    {
        var (moved, ended) = (0, 0);
        var queue = new ConcurrentQueue<ResidentReplica>(registry.All.OrderByDescending(replica => replica.Calls));
        await Task.WhenAll(Enumerable.Range(0, Movers).Select(async _ =>
        {
            while (queue.TryDequeue(out var replica))
            {
                if (await MoveAsync(replica, cancellationToken))
                {
                    Interlocked.Increment(ref moved);
                }
                else
                {
                    Interlocked.Increment(ref ended);
                }
            }
        }));
        return (moved, ended);
    }

    /// <summary>
    /// True if another silo has the replica now; false if it only ended here. A replica without recent calls is not worth evicting others
    /// for.
    /// </summary>
    private async Task<bool> MoveAsync(ResidentReplica replica, CancellationToken cancellationToken)
    {
        var isWarm = registry.IsInMemory(replica.Id.Model) && time.GetElapsedTime(replica.LastUsed) < WarmTime;
        if (isWarm && OtherNodes.Choose(snapshots, replica.Id, local.Address) is { } target && await mover.MoveAsync(
            replica, target, cancellationToken))
        {
            return true;
        }

        replica.Deactivate("its silo is leaving");
        await replica.Context.Deactivated.WaitAsync(cancellationToken);
        return false;
    }

    /// <summary>
    /// Closes the records of loads under way; the next start would count them as crashes. Unavailable storage must not hold up the stop.
    /// </summary>
    private async Task CloseLoadRecordsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await guard.LeaveAsync(cancellationToken).WaitAsync(RecordTimeout, time, cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            LogEndsLost();
        }
    }

    private async Task WaitForCallsAsync(CancellationToken cancellationToken)
    {
        while (registry.Running > 0)
        {
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    [LoggerMessage(EventId = 440, Level = LogLevel.Information,
        Message = "Draining, step 1 of 4: no new replicas; {Replicas} replicas here, {Calls} calls under way")]
    private partial void LogBegin(int replicas, int calls);

    [LoggerMessage(EventId = 441, Level = LogLevel.Information,
        Message = "Draining, step 2 of 4: waited {Milliseconds:0} ms for the other processes to see it ({Readings} polls)")]
    private partial void LogNoticed(int readings, double milliseconds);

    [LoggerMessage(EventId = 442, Level = LogLevel.Information,
        Message = "Draining, step 3 of 4: {Moved} replicas moved and {Ended} ended after {Milliseconds:0} ms")]
    private partial void LogMoved(int moved, int ended, double milliseconds);

    [LoggerMessage(EventId = 443, Level = LogLevel.Information,
        Message = "Draining, step 4 of 4: no calls under way after {Milliseconds:0} ms")]
    private partial void LogEnd(double milliseconds);

    [LoggerMessage(EventId = 444, Level = LogLevel.Warning,
        Message = "Draining was cut short after {Milliseconds:0} ms: {Replicas} replicas here, {Calls} calls under way")]
    private partial void LogCutShort(int replicas, int calls, double milliseconds);

    [LoggerMessage(EventId = 445, Level = LogLevel.Warning,
        Message = "Failed to record the end of loads under way, because grain storage does not answer; "
            + "the next start may count them as crashes")]
    private partial void LogEndsLost();
}
