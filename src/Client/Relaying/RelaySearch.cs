using Krewe.Client.Cluster;
using Krewe.Client.Endpoints;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Relaying;

/// <summary>
/// Finds a relay to a replica that this process cannot reach, and detects when it is no longer needed. A silo that only this process cannot
/// reach stays a member, so a relay may serve as long as the link is broken.
/// </summary>
internal sealed class RelaySearch(IClusterSnapshotSource views, IClusterGrains grains, TimeProvider time)
{
    private const int AtOnce = 3;

    /// <summary>Within this time the replica of a crashed silo is placed elsewhere and needs no relay.</summary>
    private static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenSearches = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BetweenQuestions = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(30);

    /// <summary>Consecutive answers, a second apart, that prove the direct channel: a flaky link lets one through now and then.</summary>
    private const int Proof = 3;

    /// <summary>A relay that answers; null if cancelled.</summary>
    public async Task<ReplicaChannel?> FindAsync(ReplicaEndpoint line, CancellationToken cancellationToken)
    {
        for (var pause = HeadStart; ; pause = BetweenSearches)
        {
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
            {
                return null;
            }

            if (await AskAsync(Choose(line), cancellationToken) is { } found)
            {
                return found;
            }
        }
    }

    /// <summary>Completes when the direct channel works, the endpoint is idle, or it uses another channel.</summary>
    public async Task WaitForDirectAsync(ReplicaEndpoint line, RelayedChannel relayed, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var answers = 0; answers < Proof && line.Channel == relayed && !IsIdle(line, start);)
        {
            await Task.Delay(BetweenQuestions, time, cancellationToken);
            answers = await line.Direct.AnswersAsync(Patience, time, cancellationToken) ? answers + 1 : 0;
        }
    }

    private bool IsIdle(ReplicaEndpoint line, long start) =>
        line.Outstanding == 0 && time.GetElapsedTime(Math.Max(start, line.AnsweredAt)) > IdleTime;

    /// <summary>
    /// A few random silos that answer this process. The replica's own silo may be among them: the unreachable member may be the one with
    /// its directory entry.
    /// </summary>
    private ReplicaChannel[] Choose(ReplicaEndpoint line)
    {
        var nodes = views.Current.Nodes.Where(node => !node.Report.IsDraining).ToArray();
        Random.Shared.Shuffle(nodes);
        return [.. nodes.Take(AtOnce).Select(node => new RelayedChannel(grains.Relay(node.Address), node, line.Id))];
    }

    private async Task<ReplicaChannel?> AskAsync(ReplicaChannel[] relays, CancellationToken cancellationToken)
    {
        var questions = relays.Select(async relay => await relay.AnswersAsync(Patience, time, cancellationToken) ? relay : null);
        await foreach (var answer in Task.WhenEach(questions))
        {
            if (await answer is { } found)
            {
                return found;
            }
        }

        return null;
    }
}
