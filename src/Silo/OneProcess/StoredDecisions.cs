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
/// Has what was decided before in force before anything listens. Of a model whose decisions cannot be read only that is known, until
/// somebody has mended the file.
/// </summary>
internal sealed partial class StoredDecisions(
    FileGrainStorage storage, IGrainFactory grains, IClusterSnapshotSource views, IVersionStore versions, TimeProvider time,
    ILogger<StoredDecisions> logger) : BackgroundService
{
    /// <summary>Older than any route, so that every other one takes its place.</summary>
    private const long UnknownEpoch = -1;
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, byte> unknown = new();

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var models = await storage.ListDecidedAsync();
        var isOwner = models.Count > 0 && await storage.TryOwnAsync();
        if (models.Count > 0 && !isOwner)
        {
            LogNotOwner();
        }

        await Parallel.ForEachAsync(models, cancellationToken, async (model, _) => await TakeOverAsync(model, isOwner));
        await WaitUntilSeenAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookInterval, time);
        while (!unknown.IsEmpty && await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var model in unknown.Keys)
            {
                await TakeOverAsync(model, isOwner: true);
            }
        }
    }

    private async Task TakeOverAsync(string model, bool isOwner)
    {
        var (grain, book) = (grains.GetGrain<IModelGrain>(model), grains.GetGrain<IRouteBookGrain>(IRouteBookGrain.Key));
        try
        {
            var route = await grain.GetRouteAsync();
            if (isOwner)
            {
                await EndDeletionsAsync(grain, route);
            }

            await book.PublishAsync(await grain.GetRouteAsync());
            unknown.TryRemove(model, out _);
        }
        catch (KreweException error)
        {
            if (unknown.TryAdd(model, 0))
            {
                await book.PublishAsync(
                    new ModelRoute { Model = model, Epoch = UnknownEpoch, Traffic = new TrafficRoute { Problem = error.Message } });
            }
        }
    }

    /// <summary>Deletions end with their process: the files of a version are gone by then, or it is as good as before.</summary>
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

    /// <summary>Calls are routed by the snapshot that this process has of itself.</summary>
    private async Task WaitUntilSeenAsync(CancellationToken cancellationToken)
    {
        var book = await grains.GetGrain<IRouteBookGrain>(IRouteBookGrain.Key).ReadAsync(RouteBook.Empty.Sequence);
        while (views.Current.Nodes.IsEmpty || views.Current.Routes.Sequence < (book?.Sequence ?? 0))
        {
            await views.RefreshAsync(cancellationToken);
        }
    }

    [LoggerMessage(EventId = 536, Level = LogLevel.Warning,
        Message = "Another process keeps its decisions in this folder of state, or nobody may write there: this process follows what it "
            + "finds now and moves nothing itself")]
    private partial void LogNotOwner();
}
