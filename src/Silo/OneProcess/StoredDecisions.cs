using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Member.Files;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;
using Krewe.Serving.Publishing;

namespace Krewe.Silo.OneProcess;

/// <summary>
/// Applies the stored decisions before the process listens. A model whose decisions cannot be read gets a route with that problem, and is
/// retried until the file is fixed.
/// </summary>
internal sealed partial class StoredDecisions(
    FileGrainStorage storage, IGrainFactory grains, IClusterSnapshotSource snapshots, IVersionStore versions, TimeProvider time,
    ILogger<StoredDecisions> logger) : BackgroundService
{
    /// <summary>Older than any route, so that every other route replaces it.</summary>
    private const long UnknownEpoch = -1;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, byte> unknown = new();

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var models = await storage.ListDecidedAsync();
        var isOwner = models.Count > 0 && await storage.TryOwnAsync();
        if (models.Count > 0 && !isOwner)
        {
            LogNotOwner();
        }

        await Parallel.ForEachAsync(models, cancellationToken, async (model, _) => await PublishRouteAsync(model, isOwner));
        await WaitForSnapshotAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(RetryInterval, time);
        while (!unknown.IsEmpty && await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var model in unknown.Keys)
            {
                await PublishRouteAsync(model, isOwner: true);
            }
        }
    }

    private async Task PublishRouteAsync(string model, bool isOwner)
    {
        var (grain, table) = (grains.GetGrain<IModelGrain>(model), grains.GetGrain<IRoutingTableGrain>(IRoutingTableGrain.Key));
        try
        {
            var route = await grain.GetRouteAsync();
            if (isOwner)
            {
                await EndDeletionsAsync(grain, route);
            }

            await table.PublishAsync(await grain.GetRouteAsync());
            unknown.TryRemove(model, out _);
        }
        catch (KreweException error)
        {
            if (unknown.TryAdd(model, 0))
            {
                await table.PublishAsync(
                    new ModelRoute { Model = model, Epoch = UnknownEpoch, Traffic = new TrafficRoute { Problem = error.Message } });
            }
        }
    }

    /// <summary>Deletions end with their process: the version's files are either gone or intact.</summary>
    private async Task EndDeletionsAsync(IModelGrain grain, ModelRoute route)
    {
        foreach (var version in route.Traffic?.Retired ?? [])
        {
            var author = ChangeAuthor.Itself("the process that was deleting it has ended", time.GetUtcNow());
            await (versions.Contains(new ModelId(ModelName.Parse(route.Model), version))
                ? grain.RestoreAsync(version.Number, author)
                : grain.ForgetAsync(version.Number, author));
        }
    }

    /// <summary>Waits until the snapshot that calls are routed by has the routes.</summary>
    private async Task WaitForSnapshotAsync(CancellationToken cancellationToken)
    {
        var table = await grains.GetGrain<IRoutingTableGrain>(IRoutingTableGrain.Key).ReadAsync(RoutingTable.Empty.Sequence);
        while (snapshots.Current.Nodes.IsEmpty || snapshots.Current.Routes.Sequence < (table?.Sequence ?? 0))
        {
            await snapshots.RefreshAsync(cancellationToken);
        }
    }

    [LoggerMessage(EventId = 536, Level = LogLevel.Warning,
        Message = "The state folder is owned by another process or is read-only: serving the decisions stored there without changing "
            + "them. Give each process its own --state folder")]
    private partial void LogNotOwner();
}
