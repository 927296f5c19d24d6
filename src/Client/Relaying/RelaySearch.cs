using Krewe.Client.Cluster;
using Krewe.Client.Endpoints;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Relaying;

/// <summary>
/// Finds a relay to a replica that this process cannot reach, and detects when it is no longer needed. A silo that only this process cannot
/// reach stays a member, so a relay may serve as long as the link is broken.
/// </summary>
internal sealed class RelaySearch(IClusterSnapshotSource snapshots, IClusterGrains grains, TimeProvider time)
{
    private const int Candidates = 3;

    /// <summary>Within this time the replica of a crashed silo is placed elsewhere and needs no relay.</summary>
    private static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SearchPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(30);

    /// <summary>Consecutive answers, a second apart, that prove the direct channel: a flaky link lets one through now and then.</summary>
    private const int RequiredAnswers = 3;

    /// <summary>A relay that answers; null if cancelled.</summary>
    public async Task<ReplicaChannel?> FindAsync(ReplicaEndpoint endpoint, CancellationToken cancellationToken)
    {
        for (var pause = HeadStart; ; pause = SearchPause)
        {
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
            {
                return null;
            }

            if (await ProbeAsync(Choose(endpoint), cancellationToken) is { } found)
            {
                return found;
            }
        }
    }

    /// <summary>Completes when the direct channel works, the endpoint is idle, or it uses another channel.</summary>
    public async Task WaitForDirectAsync(ReplicaEndpoint endpoint, ReplicaChannel relayed, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var answers = 0; answers < RequiredAnswers && endpoint.Channel == relayed && !IsIdle(endpoint, start);)
        {
            await Task.Delay(ProbeInterval, time, cancellationToken);
            answers = await endpoint.Direct.AnswersAsync(ProbeTimeout, time, cancellationToken) ? answers + 1 : 0;
        }
    }

    private bool IsIdle(ReplicaEndpoint endpoint, long start) =>
        endpoint.Outstanding == 0 && time.GetElapsedTime(Math.Max(start, endpoint.AnsweredAt)) > IdleTime;

    /// <summary>
    /// A few random silos that answer this process. The replica's own silo may be among them: the unreachable member may be the one with
    /// its directory entry.
    /// </summary>
    private ReplicaChannel[] Choose(ReplicaEndpoint endpoint)
    {
        var nodes = snapshots.Current.Nodes.Where(node => !node.Report.IsDraining).ToArray();
        Random.Shared.Shuffle(nodes);
        return [.. nodes.Take(Candidates).Select(
            node => new ReplicaChannel(endpoint.Id, endpoint.Direct.Grain, grains.Relay(node.Address), node))];
    }

    private async Task<ReplicaChannel?> ProbeAsync(ReplicaChannel[] relays, CancellationToken cancellationToken)
    {
        var probes = relays.Select(async relay => await relay.AnswersAsync(ProbeTimeout, time, cancellationToken) ? relay : null);
        await foreach (var answer in Task.WhenEach(probes))
        {
            if (await answer is { } found)
            {
                return found;
            }
        }

        return null;
    }
}
