using Krewe.Grains.Interfaces;

namespace Krewe.Grains.Tests;

/// <summary>Lets what was decided arrive as late at one process as a test wants.</summary>
internal sealed class DelayedReader(GrainClusterReader reader, TimeProvider time) : IClusterReader
{
    /// <summary>How late the answers come.</summary>
    public TimeSpan NewsDelay { get; set; }

    public bool IsOutside => reader.IsOutside;

    public ValueTask<IReadOnlyList<SiloAddress>> GetHostsAsync(CancellationToken cancellationToken) => reader.GetHostsAsync(cancellationToken);

    public Task<NodeReport> ReadNodeAsync(SiloAddress silo, NodeReportRequest known) => reader.ReadNodeAsync(silo, known);

    public async Task<RouteBook?> ReadRoutesAsync(long knownSequence, long shownSequence)
    {
        var book = await reader.ReadRoutesAsync(knownSequence, shownSequence);
        if (NewsDelay > TimeSpan.Zero)
        {
            await Task.Delay(NewsDelay, time);
        }

        return book;
    }
}
