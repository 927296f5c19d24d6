using System.Collections.Concurrent;
using Krewe.Client.Monitoring;
using Krewe.Grains.Loads;
using Krewe.Grains.Replicas;
using Krewe.Grains.Silos;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Draining;

/// <summary>
/// Leaves the cluster without losing a call: this silo takes no new replicas, its replicas move to silos that have loaded them before,
/// and what is under way is answered. Runs first when the silo stops, whose own stop is not loss-free; a program with an HTTP side starts
/// it before that side stops.
/// </summary>
public sealed partial class NodeDrain(
    LocalNode local, ISiloStatusOracle members, ReplicaRegistry registry, IClusterSnapshotSource views, ReplicaMover mover,
    CrashLoopGuard gate,
    NodeOptions options, TimeProvider time, ILogger<NodeDrain> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    private const int Movers = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan WarmTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RecordPatience = TimeSpan.FromSeconds(3);
    private int begun;

    /// <summary>A silo by itself has nobody to move models to.</summary>
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(NodeDrain), ServiceLifecycleStage.Last, static _ => Task.CompletedTask, options.IsAlone ? LeaveGateAsync : DrainAsync);

    /// <summary>
    /// Leaves, once. Done at the latest after <see cref="NodeOptions.DrainLimit"/>, and at once where the token is cancelled.
    /// </summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        // A member that was declared dead is not heard, and its models are elsewhere already.
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
            await LeaveGateAsync(either.Token);
            LogEnd(time.GetElapsedTime(start).TotalMilliseconds);
        }
        catch (OperationCanceledException)
        {
            LogCutShort(registry.All.Count(), registry.Running, time.GetElapsedTime(start).TotalMilliseconds);
        }
    }

    /// <summary>
    /// Every process that places replicas reads this silo's state twice a second; once each of them has, nothing new comes.
    /// </summary>
    private async Task WaitForNoticeAsync(CancellationToken cancellationToken)
    {
        // Outside clients read as well, and so a number of readings alone says little: only an empty silo that is alone goes at once.
        if (views.Current.Nodes.Any(node => !node.Address.Equals(local.Address)) || registry.Running > 0)
        {
            await Task.Delay(options.DrainNotice, time, cancellationToken);
        }
    }

    /// <summary>The busiest first: they have the most to lose.</summary>
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
    /// True where another silo has it now; false where it just ended here. What nobody has called for a while is not worth what would
    /// have to leave another silo's memory for it.
    /// </summary>
    private async Task<bool> MoveAsync(ResidentReplica replica, CancellationToken cancellationToken)
    {
        var isWarm = registry.IsInMemory(replica.Id.Model) && time.GetElapsedTime(replica.LastUsed) < WarmTime;
        if (isWarm && OtherNodes.Choose(views, replica.Id, local.Address) is { } target && await mover.MoveAsync(
            replica, target, cancellationToken))
        {
            return true;
        }

        replica.Deactivate("its silo is leaving");
        await replica.Context.Deactivated.WaitAsync(cancellationToken);
        return false;
    }

    /// <summary>
    /// Closes the records of loads under way, which the next start would take for loads that ended this process. Storage that is away must
    /// not hold up the end.
    /// </summary>
    private async Task LeaveGateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await gate.LeaveAsync(cancellationToken).WaitAsync(RecordPatience, time, cancellationToken);
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
        Message = "Leaving the cluster, 1 of 4: no new replicas from now on; {Replicas} live here, with {Calls} calls under way")]
    private partial void LogBegin(int replicas, int calls);

    [LoggerMessage(EventId = 441, Level = LogLevel.Information,
        Message = "Leaving the cluster, 2 of 4: the others have had time to read that ({Readings} times) after {Milliseconds:0} ms")]
    private partial void LogNoticed(int readings, double milliseconds);

    [LoggerMessage(EventId = 442, Level = LogLevel.Information,
        Message = "Leaving the cluster, 3 of 4: {Moved} replicas have moved and {Ended} have ended after {Milliseconds:0} ms")]
    private partial void LogMoved(int moved, int ended, double milliseconds);

    [LoggerMessage(EventId = 443, Level = LogLevel.Information,
        Message = "Leaving the cluster, 4 of 4: nothing is under way here any more after {Milliseconds:0} ms")]
    private partial void LogEnd(double milliseconds);

    [LoggerMessage(EventId = 444, Level = LogLevel.Warning,
        Message = "Leaving the cluster was cut short: {Replicas} replicas still live here, with {Calls} calls under way, after "
            + "{Milliseconds:0} ms")]
    private partial void LogCutShort(int replicas, int calls, double milliseconds);

    [LoggerMessage(EventId = 445, Level = LogLevel.Warning,
        Message = "The ends of loads could not be recorded, because grain storage does not answer; they may count as deaths of this "
            + "process")]
    private partial void LogEndsLost();
}
