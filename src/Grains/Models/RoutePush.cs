using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Models;

/// <summary>Tells silos of a route ahead of their next poll.</summary>
internal sealed partial class RoutePush(Func<SiloAddress, INodeGrain> nodes, TimeProvider time, ILogger logger)
{
    /// <summary>
    /// Done when every silo has applied the route, could not be reached, or has not answered in time: those of the latter two kinds poll,
    /// and are returned.
    /// </summary>
    public async Task<IReadOnlyList<SiloAddress>> SendAsync(ModelRoute route, IEnumerable<SiloAddress> silos, TimeSpan patience)
    {
        var told = await Task.WhenAll(silos.Select(async silo => (Silo: silo, HasApplied: await SendAsync(route, silo, patience))));
        return [.. told.Where(one => !one.HasApplied).Select(one => one.Silo)];
    }

    private async Task<bool> SendAsync(ModelRoute route, SiloAddress silo, TimeSpan patience)
    {
        try
        {
            await nodes(silo).ApplyRouteAsync(route).WaitAsync(patience, time);
            return true;
        }
        catch (Exception exception)
        {
            // Whatever keeps it from answering, the route is in the book, and the silo reads it there as soon as it can.
            LogNotApplied(route.Model, route.Epoch, silo, exception.Message);
            return false;
        }
    }

    [LoggerMessage(
        EventId = 450, Level = LogLevel.Information,
        Message = "Silo {Silo} has not confirmed the route of model {Model}, epoch {Epoch}, and will read it: {Reason}")]
    private partial void LogNotApplied(string model, long epoch, SiloAddress silo, string reason);
}
