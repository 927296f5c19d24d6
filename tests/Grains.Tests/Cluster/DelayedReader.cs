using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Grains.Tests.Cluster;

/// <summary>Lets what was decided arrive as late at one process as a test wants.</summary>
internal sealed class DelayedReader(GrainClusterReader reader, TimeProvider time) : IClusterReader
{
    /// <summary>How late the answers come; nothing is pushed then.</summary>
    public TimeSpan NewsDelay { get; set; }

    /// <summary>Nobody hears anything but what is pushed.</summary>
    public bool IsPushOnly { get; set; }

    public bool IsOutside => reader.IsOutside;

    public ValueTask<IReadOnlyList<SiloAddress>> GetHostsAsync(CancellationToken cancellationToken) => reader.GetHostsAsync(cancellationToken);

    public Task<NodeReport> ReadNodeAsync(SiloAddress silo, NodeReportRequest known) => reader.ReadNodeAsync(silo, known);

    public async Task<RoutingTable?> ReadRoutesAsync(long knownSequence, long shownSequence)
    {
        var table = await reader.ReadRoutesAsync(knownSequence, shownSequence);
        if (NewsDelay > TimeSpan.Zero)
        {
            await Task.Delay(NewsDelay, time);
        }

        return IsPushOnly ? null : table;
    }

    public void Subscribe(Action<RouteNews> hear) => reader.Subscribe(news =>
    {
        if (NewsDelay == TimeSpan.Zero)
        {
            hear(news);
        }
    });
}
