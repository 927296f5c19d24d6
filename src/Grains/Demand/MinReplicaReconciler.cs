using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Background;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Grains.Routes;
using Krewe.Grains.Silos;
using Krewe.Serving.Node;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Demand;

/// <summary>
/// Keeps <c>replicas.min</c> loaded, and the versions of active rollouts. One silo per version does this; if two do so briefly during a
/// membership change, requests are idempotent. Reconciles at once when silos come or go.
/// </summary>
internal sealed partial class MinReplicaReconciler(
    IServingNode node, IClusterSnapshotSource snapshots, AppliedRoutes routes, IGrainFactory grains, LocalNode local, NodeOptions options,
    TimeProvider time,
    ILogger<MinReplicaReconciler> logger) : SiloLoop(Interval, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private long catalogSequence = -1;
    private CatalogEntry[] wanted = [];
    private SiloAddress[] silos = [];
    private long askedAt;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var snapshot = snapshots.Current;
        if (local.IsDraining || snapshot.Nodes.All(other => !other.Address.Equals(local.Address)) || !IsTime(snapshot))
        {
            return;
        }

        var models = wanted.Select(entry => Wanted(entry, least: 0)).Concat(FindHeld(snapshot)).DistinctBy(pair => pair.Model);
        foreach (var (model, range) in models)
        {
            if (routes.FindExclusion(model) is null && IsFirst(snapshot, model))
            {
                await AskAsync(model, range);
            }
        }
    }

    private static (ModelId Model, ReplicaRange Range) Wanted(CatalogEntry entry, int least) => (
        new ModelId(entry.Name, entry.Version!.Value),
        new ReplicaRange(Math.Max(least, entry.Replicas.Min), Math.Max(least, entry.Replicas.Max)));

    private IEnumerable<(ModelId Model, ReplicaRange Range)> FindHeld(ClusterSnapshot snapshot) => snapshot.Routes.Routes.Values
        .SelectMany(route => route.Held.Select(version => node.Find(new ModelId(ModelName.Parse(route.Model), new ModelVersion(version)))))
        .OfType<CatalogEntry>()
        .Select(entry => Wanted(entry, least: 1));

    private bool IsTime(ClusterSnapshot snapshot)
    {
        var now = snapshot.Nodes.Where(other => !other.Report.IsDraining && other.Report.NotReady.Length == 0)
            .Select(other => other.Address).ToArray();
        var sequence = node.CatalogSequence;
        var isTime = askedAt == 0 || sequence != catalogSequence || !now.SequenceEqual(silos)
            || Time.GetElapsedTime(askedAt) >= options.MinimumInterval;
        if (sequence != catalogSequence)
        {
            catalogSequence = sequence;
            wanted = [.. node.ReadCatalog().Where(entry => entry is { Version: not null, Replicas.Min: > 0 })];
        }

        if (isTime)
        {
            silos = now;
            askedAt = Time.GetTimestamp();
        }

        return isTime;
    }

    private bool IsFirst(ClusterSnapshot snapshot, ModelId model) =>
        OtherNodes.Candidates(snapshot, model, SiloAddress.Zero).MinBy(other => other.Address)?.Address.Equals(local.Address) ?? false;

    private async Task AskAsync(ModelId model, ReplicaRange range)
    {
        try
        {
            await grains.GetGrain<IModelVersionGrain>(model.ToString()).SeeToMinimumAsync(range);
        }
        catch (Exception error)
        {
            LogNotAsked(error, model);
        }
    }

    [LoggerMessage(
        EventId = 432, Level = LogLevel.Debug, Message = "Failed to reconcile the minimum replicas of {Model}; retrying")]
    private partial void LogNotAsked(Exception error, ModelId model);
}
