using Krewe.Client.Monitoring;
using Krewe.Grains.Background;
using Krewe.Grains.Interfaces.Models;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Routes;

/// <summary>Follows the route book of the cluster's snapshot: a silo that was away, or was not told, catches up.</summary>
internal sealed class RouteKeeper(
    IClusterSnapshotSource views, AppliedRoutes routes, IGrainFactory grains, TimeProvider time, ILogger<RouteKeeper> logger)
    : SiloLoop(Interval, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private long sequence = RouteBook.Empty.Sequence;

    protected override async Task TurnAsync(CancellationToken stoppingToken)
    {
        var book = views.Current.Routes;
        if (book.Sequence == sequence)
        {
            return;
        }

        // Side by side: one that has to drain must not keep the others waiting.
        var listed = book.Routes.Values.Select(route => routes.ApplyAsync(route, stoppingToken));
        var missing = routes.Restricted.Where(model => !book.Routes.ContainsKey(model)).Select(model => AskAsync(model, stoppingToken));
        await Task.WhenAll(listed.Concat(missing).ToArray());
        sequence = book.Sequence;
    }

    /// <summary>The book lists no model about which nothing is decided any more, nor one that it has not heard of yet.</summary>
    private async Task AskAsync(string model, CancellationToken stoppingToken) =>
        await routes.ApplyAsync(await grains.GetGrain<IModelGrain>(model).GetRouteAsync(), stoppingToken);
}
