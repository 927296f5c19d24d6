using Krewe.Grains.Interfaces;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

/// <summary>Tells silos of a route ahead of their next poll.</summary>
internal sealed partial class RoutePush(Func<SiloAddress, INodeGrain> nodes, TimeProvider time, ILogger logger)
{
    /// <summary>Done when every silo has applied the route, could not be reached, or has not answered in time: that one polls.</summary>
    public Task SendAsync(ModelRoute route, IEnumerable<SiloAddress> silos, TimeSpan patience) =>
        Task.WhenAll(silos.Select(silo => SendAsync(route, silo, patience)));

    private async Task SendAsync(ModelRoute route, SiloAddress silo, TimeSpan patience)
    {
        try
        {
            await nodes(silo).ApplyRouteAsync(route).WaitAsync(patience, time);
        }
        catch (Exception exception)
        {
            // Whatever keeps it from answering, the route is in the book, and the silo reads it there as soon as it can.
            LogNotApplied(route.Model, route.Epoch, silo, exception.Message);
        }
    }

    [LoggerMessage(
        EventId = 450, Level = LogLevel.Information,
        Message = "Silo {Silo} has not confirmed the route of model {Model}, epoch {Epoch}, and will read it: {Reason}")]
    private partial void LogNotApplied(string model, long epoch, SiloAddress silo, string reason);
}
