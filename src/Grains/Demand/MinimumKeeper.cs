using Krewe.Abstractions.Models;
using Krewe.Client.View;
using Krewe.Grains.Background;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Grains.Routes;
using Krewe.Grains.Silos;
using Krewe.Serving.Node;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Demand;

/// <summary>
/// Sees to the versions whose settings want replicas at all times, and to those of a rollout, which are to be warm whatever happens. Of the
/// silos that have a version the first one asks for it, so that the version is asked once; two that believe to be first do no harm. Asks
/// again at once when silos come or go.
/// </summary>
internal sealed partial class MinimumKeeper(
    IServingNode node, IClusterViewSource views, AppliedRoutes routes, IGrainFactory grains, LocalNode local, NodeOptions options,
    TimeProvider time,
    ILogger<MinimumKeeper> logger) : SiloLoop(Interval, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private long catalogSequence = -1;
    private NodeCatalogEntry[] wanted = [];
    private SiloAddress[] silos = [];
    private long askedAt;

    protected override async Task TurnAsync(CancellationToken stoppingToken)
    {
        var view = views.Current;
        if (local.IsDraining || view.Nodes.All(other => !other.Address.Equals(local.Address)) || !IsTime(view))
        {
            return;
        }

        foreach (
            var (model, range) in wanted.Select(entry => Wanted(entry, least: 0)).Concat(FindHeld(view)).DistinctBy(pair => pair.Model))
        {
            if (routes.FindExclusion(model) is null && IsFirst(view, model))
            {
                await AskAsync(model, range);
            }
        }
    }

    private static (ModelId Model, ReplicaRange Range) Wanted(NodeCatalogEntry entry, int least) => (
        new ModelId(entry.Name, entry.Version!.Value), new ReplicaRange(
            Math.Max(least, entry.MinReplicas), Math.Max(least, entry.MaxReplicas)));

    private IEnumerable<(ModelId Model, ReplicaRange Range)> FindHeld(ClusterView view) => view.Routes.Routes.Values
        .SelectMany(route => route.Held.Select(version => node.Find(new ModelId(ModelName.Parse(route.Model), new ModelVersion(version)))))
        .OfType<NodeCatalogEntry>()
        .Select(entry => Wanted(entry, least: 1));

    private bool IsTime(ClusterView view)
    {
        var now = view.Nodes.Where(other => !other.Report.IsDraining && other.Report.NotReady.Length == 0).Select(other =>
            other.Address).ToArray();
        var sequence = node.CatalogSequence;
        var isTime = askedAt == 0 || sequence != catalogSequence || !now.SequenceEqual(silos)
            || Time.GetElapsedTime(askedAt) >= options.MinimumInterval;
        if (sequence != catalogSequence)
        {
            catalogSequence = sequence;
            wanted = [.. node.ReadCatalog().Where(entry => entry is { Version: not null, MinReplicas: > 0 })];
        }

        if (isTime)
        {
            silos = now;
            askedAt = Time.GetTimestamp();
        }

        return isTime;
    }

    private bool IsFirst(ClusterView view, ModelId model) =>
        OtherNodes.Candidates(view, model, SiloAddress.Zero).MinBy(other => other.Address)?.Address.Equals(local.Address) ?? false;

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
        EventId = 432, Level = LogLevel.Debug, Message = "The least replicas of model {Model} could not be seen to; it is tried again")]
    private partial void LogNotAsked(Exception error, ModelId model);
}
