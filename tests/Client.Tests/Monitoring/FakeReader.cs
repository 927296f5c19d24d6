using System.Collections.Concurrent;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Client.Tests.Monitoring;

/// <summary>A cluster that answers as a test says.</summary>
internal sealed class FakeReader : IClusterReader
{
    private int hostReads;

    public ConcurrentDictionary<SiloAddress, Func<NodeReportRequest, Task<NodeReport>>> Nodes { get; } = [];

    public ConcurrentQueue<NodeReportRequest> Requests { get; } = [];

    public Func<Task<IReadOnlyList<SiloAddress>>>? Members { get; set; }

    public Func<long, Task<RoutingTable?>> Routes { get; set; } = known => Task.FromResult(known == 0 ? null : RoutingTable.Empty with { Sequence = 0 });

    public int HostReads => hostReads;

    public void Answer(int silo, NodeReport report) => Nodes[TestNodes.Silo(silo)] = _ => Task.FromResult(report);

    public void Fail(int silo) => Nodes[TestNodes.Silo(silo)] = _ => throw new TimeoutException("no answer");

    public async ValueTask<IReadOnlyList<SiloAddress>> GetHostsAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref hostReads);
        return Members is { } members ? await members() : [.. Nodes.Keys];
    }

    public Task<NodeReport> ReadNodeAsync(SiloAddress silo, NodeReportRequest known)
    {
        Requests.Enqueue(known);
        return Nodes[silo](known);
    }

    public ConcurrentQueue<long> Shown { get; } = [];

    /// <summary>Pushes a change of the routes.</summary>
    public Action<RouteNews> Push { get; private set; } = static _ => { };

    public void Subscribe(Action<RouteNews> hear) => Push = hear;

    public bool IsOutside { get; set; }

    public Task<RoutingTable?> ReadRoutesAsync(long knownSequence, long shownSequence)
    {
        Shown.Enqueue(shownSequence);
        return Routes(knownSequence);
    }

    /// <summary>Silos through which routes were asked for.</summary>
    public ConcurrentQueue<SiloAddress> Through { get; } = [];

    public Task<RoutingTable?> ReadRoutesThroughAsync(SiloAddress silo, long knownSequence, long shownSequence)
    {
        Through.Enqueue(silo);
        return Task.FromResult<RoutingTable?>(null);
    }
}
