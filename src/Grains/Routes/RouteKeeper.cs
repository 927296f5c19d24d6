using Krewe.Grains.Interfaces;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

/// <summary>Follows the route book of the cluster's picture: a silo that was away, or was not told, catches up.</summary>
internal sealed class RouteKeeper(IClusterViewSource views, AppliedRoutes routes, TimeProvider time, ILogger<RouteKeeper> logger)
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
        await Task.WhenAll(book.Routes.Values.Select(route => routes.ApplyAsync(route, stoppingToken)));
        sequence = book.Sequence;
    }
}
