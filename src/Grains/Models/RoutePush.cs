using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Models;

/// <summary>Pushes a route to silos ahead of their next poll.</summary>
internal sealed partial class RoutePush(Func<SiloAddress, INodeGrain> nodes, TimeProvider time, ILogger logger)
{
    /// <summary>Returns the silos that have not confirmed: unreachable, or too slow. They apply the route at their next poll.</summary>
    public async Task<IReadOnlyList<SiloAddress>> SendAsync(ModelRoute route, IEnumerable<SiloAddress> silos, TimeSpan timeout)
    {
        var results = await Task.WhenAll(silos.Select(async silo => (Silo: silo, HasApplied: await SendAsync(route, silo, timeout))));
        return [.. results.Where(one => !one.HasApplied).Select(one => one.Silo)];
    }

    private async Task<bool> SendAsync(ModelRoute route, SiloAddress silo, TimeSpan timeout)
    {
        try
        {
            await nodes(silo).ApplyRouteAsync(route).WaitAsync(timeout, time);
            return true;
        }
        catch (Exception exception)
        {
            // Any failure is safe: the route is in the table, and the silo polls it.
            LogNotApplied(route.Model, route.Epoch, silo, exception.Message);
            return false;
        }
    }

    [LoggerMessage(
        EventId = 450, Level = LogLevel.Information,
        Message = "Silo {Silo} has not confirmed epoch {Epoch} of the route of model {Model}; it applies it at its next poll: {Reason}")]
    private partial void LogNotApplied(string model, long epoch, SiloAddress silo, string reason);
}
