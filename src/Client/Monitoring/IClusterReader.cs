using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Client.Monitoring;

/// <summary>Reads the parts of a cluster snapshot.</summary>
public interface IClusterReader
{
    /// <summary>The active members that host models, or whose grain types are unknown.</summary>
    ValueTask<IReadOnlyList<SiloAddress>> GetHostsAsync(CancellationToken cancellationToken);

    /// <summary>A silo's report; any exception means that there is none.</summary>
    Task<NodeReport> ReadNodeAsync(SiloAddress silo, NodeReportRequest known);

    /// <summary>The routes; null if the known sequence is current.</summary>
    /// <param name="knownSequence">The sequence of the known routes.</param>
    /// <param name="shownSequence">The sequence of the routes that new calls use.</param>
    Task<RoutingTable?> ReadRoutesAsync(long knownSequence, long shownSequence);

    /// <summary>The same, relayed by a silo that answers, if the routing table's grain is unreachable.</summary>
    Task<RoutingTable?> ReadRoutesThroughAsync(SiloAddress silo, long knownSequence, long shownSequence) =>
        ReadRoutesAsync(knownSequence, shownSequence);

    /// <summary>Subscribes to pushed route changes, while the routes are also polled; a push may be lost.</summary>
    void Subscribe(Action<RouteNews> onChange)
    {
    }

    /// <summary>True for an external client: a retirement does not wait for it, so it must not use stale routes.</summary>
    bool IsOutside => false;
}
