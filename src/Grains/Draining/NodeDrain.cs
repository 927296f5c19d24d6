using System.Collections.Concurrent;
using Krewe.Grains.Interfaces;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

/// <summary>
/// Leaves the cluster without losing a call: this silo takes no new replicas, its replicas move to silos that have loaded them before,
/// and what is under way is answered. Run before Orleans stops, which alone is not loss-free.
/// </summary>
internal sealed partial class NodeDrain(
    LocalNode local, ReplicaRegistry registry, IClusterViewSource views, ReplicaMover mover, LoadGate gate, NodeOptions options, TimeProvider time,
    ILogger<NodeDrain> logger)
{
    private const int Movers = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan WarmTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RecordPatience = TimeSpan.FromSeconds(3);

    /// <summary>Leaves; done at the latest after <see cref="NodeOptions.DrainLimit"/>, and at once where the token is cancelled.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
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

    /// <summary>Every process that places replicas reads this silo's state twice a second; once each of them has, nothing new comes.</summary>
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
        if (isWarm && OtherNodes.Choose(views, replica.Id, local.Address) is { } target && await mover.MoveAsync(replica, target, cancellationToken))
        {
            return true;
        }

        replica.Deactivate("its silo is leaving");
        await replica.Context.Deactivated.WaitAsync(cancellationToken);
        return false;
    }

    /// <summary>A database that is away must not hold up the end.</summary>
    private async Task LeaveGateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await gate.LeaveAsync(cancellationToken).WaitAsync(RecordPatience, time, cancellationToken);
        }
        catch (TimeoutException)
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
}
