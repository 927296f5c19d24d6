using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Background;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Grains.Replicas;
using Krewe.Grains.Silos;
using Krewe.Serving.Node;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Demand;

/// <summary>
/// Looks at the queues of the replicas that live here and tells their versions what waits, while there is something to say. The answer
/// says how many replicas there are; one that is beyond that has been given up and goes.
/// </summary>
internal sealed partial class DemandReporter(
    ReplicaRegistry registry, IServingNode node, IClusterSnapshotSource views, ReplicaMover mover, IGrainFactory grains, LocalNode local,
    NodeOptions options, TimeProvider time, ILogger<DemandReporter> logger) : SiloLoop(options.DemandInterval, time, logger)
{
    /// <summary>A replica that has just been loaded is not counted yet.</summary>
    private const int SurplusTurns = 20;

    /// <summary>
    /// Two replicas of a version on one silo help no more than one; the pictures that led to it may be set right meanwhile.
    /// </summary>
    private const int CrowdedTurns = 8;
    private readonly Dictionary<ResidentReplica, Watched> watched = [];

    protected override Task TurnAsync(CancellationToken stoppingToken)
    {
        var replicas = registry.All.ToArray();
        foreach (var gone in watched.Keys.Except(replicas).ToArray())
        {
            watched.Remove(gone);
        }

        // One that is still loading says nothing: it does not count before it is loaded.
        foreach (var group in replicas.GroupBy(replica => replica.Id.Model).Where(group => registry.IsInMemory(group.Key)))
        {
            var together = group.OrderBy(replica => replica.Id.Index).ToArray();
            Look(group.Key, together);
            Spread(together, stoppingToken);
        }

        return Task.CompletedTask;
    }

    private void Spread(ResidentReplica[] replicas, CancellationToken stoppingToken)
    {
        var seen = watched[replicas[^1]];
        seen.Crowded = replicas.Length > 1 ? seen.Crowded + 1 : 0;
        if (seen.Crowded > CrowdedTurns && !local.IsDraining && OtherNodes.ChooseEmpty(views, replicas[^1].Id, local.Address) is { } target)
        {
            seen.Crowded = 0;
            _ = SpreadAsync(replicas[^1], target, stoppingToken);
        }
    }

    private async Task SpreadAsync(ResidentReplica replica, SiloAddress target, CancellationToken stoppingToken)
    {
        try
        {
            await mover.MoveAsync(replica, target, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The silo leaves.
        }
    }

    private void Look(ModelId model, ResidentReplica[] replicas)
    {
        // Replicas of one version on one silo share its queue.
        var waiting = (double)node.QueueDepth(model) / replicas.Length;
        foreach (var replica in replicas)
        {
            if (!watched.TryGetValue(replica, out var seen))
            {
                watched[replica] = seen = new Watched();
            }

            seen.Samples.Add(waiting);
            if (seen.Reporting.IsCompleted && node.Find(model) is { } entry
                && new ReplicaRange(entry.MinReplicas, entry.MaxReplicas) is var range
                && seen.Samples.IsDue(replica.Id.Index, registry.CountOf(model), range))
            {
                seen.Reporting = ReportAsync(replica, seen, range);
            }
        }
    }

    private async Task ReportAsync(ResidentReplica replica, Watched seen, ReplicaRange range)
    {
        var model = replica.Id.Model;
        var report = new ReplicaReport(
            replica.Id.Index, local.Address.ToParsableString(), seen.Samples.Average, replica.TakeCalls(), range);
        seen.Samples.Reset();
        try
        {
            var plan = await grains.GetGrain<IModelVersionGrain>(model.ToString()).ReportAsync(report);
            registry.Learn(model, plan.Count);
            seen.Surplus = replica.Id.Index < plan.Count ? 0 : seen.Surplus + 1;
            if (seen.Surplus > SurplusTurns)
            {
                replica.Retire();
            }
        }
        catch (Exception error)
        {
            LogReportFailed(error, replica.Id);
        }
    }

    private sealed class Watched
    {
        public QueueSamples Samples { get; } = new();

        public Task Reporting { get; set; } = Task.CompletedTask;

        public int Surplus { get; set; }

        public int Crowded { get; set; }
    }

    [LoggerMessage(EventId = 431, Level = LogLevel.Debug, Message = "What waits for replica {Replica} could not be reported")]
    private partial void LogReportFailed(Exception error, ReplicaId replica);
}
