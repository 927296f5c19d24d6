using Krewe.Abstractions.Hosting;
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
/// Reports queue depth of local replicas to their version grain while any request waits. The reply carries the target replica count; a
/// surplus replica deactivates.
/// </summary>
internal sealed partial class DemandReporter(
    ReplicaRegistry registry, IServingNode node, IClusterSnapshotSource snapshots, ReplicaMover mover, IGrainFactory grains,
    LocalNode local,
    NodeOptions options, TimeProvider time, ILogger<DemandReporter> logger) : SiloLoop(options.DemandInterval, time, logger)
{
    /// <summary>Reports before a surplus replica goes: one that was just loaded is not counted yet.</summary>
    private const int SurplusReports = 20;

    /// <summary>
    /// Checks before one of two replicas of a version on this silo moves away: they add no capacity, but the snapshots that led to it may
    /// be corrected first.
    /// </summary>
    private const int CrowdedChecks = 8;
    private readonly Dictionary<ResidentReplica, Watched> watched = [];

    protected override Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var replicas = registry.All.ToArray();
        foreach (var gone in watched.Keys.Except(replicas).ToArray())
        {
            watched.Remove(gone);
        }

        // A replica that is loading counts only once it is loaded.
        foreach (var group in replicas.GroupBy(replica => replica.Id.Model).Where(group => registry.IsInMemory(group.Key)))
        {
            var together = group.OrderBy(replica => replica.Id.Index).ToArray();
            Sample(group.Key, together);
            Spread(together, stoppingToken);
        }

        return Task.CompletedTask;
    }

    private void Spread(ResidentReplica[] replicas, CancellationToken stoppingToken)
    {
        var seen = watched[replicas[^1]];
        seen.Crowded = replicas.Length > 1 ? seen.Crowded + 1 : 0;
        if (seen.Crowded > CrowdedChecks && !local.IsDraining
            && OtherNodes.ChooseEmpty(snapshots, replicas[^1].Id, local.Address) is { } target)
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
            // The silo is stopping.
        }
    }

    private void Sample(ModelId model, ResidentReplica[] replicas)
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
            if (seen.Reporting.IsCompleted && node.Find(model) is { Replicas: var range }
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
            if (seen.Surplus > SurplusReports)
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

    [LoggerMessage(
        EventId = 431, Level = LogLevel.Debug,
        Message = "Failed to report the queue depth of replica {Replica}; retrying at the next interval")]
    private partial void LogReportFailed(Exception error, ReplicaId replica);
}
