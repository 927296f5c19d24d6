using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Client.Monitoring;

/// <summary>What a snapshot of the cluster is made of, as it is asked for.</summary>
public interface IClusterReader
{
    /// <summary>The active members that host models, or of which that is not known yet.</summary>
    ValueTask<IReadOnlyList<SiloAddress>> GetHostsAsync(CancellationToken cancellationToken);

    /// <summary>A silo's report; whatever it throws means that there is none.</summary>
    Task<NodeReport> ReadNodeAsync(SiloAddress silo, NodeReportRequest known);

    /// <summary>The routes; null where they are those of the sequence named.</summary>
    /// <param name="knownSequence">The sequence of those known.</param>
    /// <param name="shownSequence">The sequence of those by which calls that begin now are routed.</param>
    Task<RouteBook?> ReadRoutesAsync(long knownSequence, long shownSequence);

    /// <summary>The same through a silo that answers, where the grain that has them cannot be reached.</summary>
    Task<RouteBook?> ReadRoutesThroughAsync(SiloAddress silo, long knownSequence, long shownSequence) =>
        ReadRoutesAsync(knownSequence, shownSequence);

    /// <summary>Has changes of the routes pushed, as long as they are read; what is pushed may be lost.</summary>
    void Subscribe(Action<RouteNews> hear)
    {
    }

    /// <summary>True for a client outside of the cluster: nobody waits for it to read, so that it must not go by what is old.</summary>
    bool IsOutside => false;
}
