using Krewe.Client.Monitoring;
using Krewe.Grains.Background;
using Krewe.Grains.Interfaces.Models;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Routes;

/// <summary>Applies the routes of the cluster snapshot, so that a silo that missed a push catches up.</summary>
internal sealed class RouteKeeper(
    IClusterSnapshotSource snapshots, AppliedRoutes routes, IGrainFactory grains, TimeProvider time, ILogger<RouteKeeper> logger)
    : SiloLoop(Interval, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private long sequence = RoutingTable.Empty.Sequence;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var table = snapshots.Current.Routes;
        if (table.Sequence == sequence)
        {
            return;
        }

        // Concurrently: a model that drains must not delay the others.
        var listed = table.Routes.Values.Select(route => routes.ApplyAsync(route, stoppingToken));
        var missing = routes.Restricted.Where(model => !table.Routes.ContainsKey(model)).Select(model => AskAsync(model, stoppingToken));
        await Task.WhenAll(listed.Concat(missing).ToArray());
        sequence = table.Sequence;
    }

    /// <summary>The table omits models without a decision and models it has not read yet, so ask the model.</summary>
    private async Task AskAsync(string model, CancellationToken stoppingToken) =>
        await routes.ApplyAsync(await grains.GetGrain<IModelGrain>(model).GetRouteAsync(), stoppingToken);
}
