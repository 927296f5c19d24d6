using Krewe.Client.Retrying;
using Krewe.Grains.Interfaces.Models;

namespace Krewe.Client.Monitoring;

/// <summary>Reads the routing table from its grain, or through a relay if that does not answer. One read at a time.</summary>
internal sealed class RoutingTableReader(IClusterReader reader, TimeProvider time)
{
    // Ample for a reachable grain; for an unreachable one Orleans' timeout is half a minute.
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(2);
    private Task<RoutingTable?>? unanswered;
    private long unansweredSince;

    /// <summary>When the last answered read was sent, as a timestamp.</summary>
    public long AskedAt { get; private set; }

    /// <summary>The routes; null if the known sequence is current.</summary>
    /// <param name="known">The sequence of the known routes.</param>
    /// <param name="shown">The sequence of the routes that new calls use.</param>
    /// <param name="findAnswering">Finds a silo that answers this process; null if there is none.</param>
    public async Task<RoutingTable?> ReadAsync(long known, long shown, Func<SiloAddress?> findAnswering)
    {
        var isLate = unanswered is not null;
        unansweredSince = isLate ? unansweredSince : time.GetTimestamp();
        var direct = unanswered ??= reader.ReadRoutesAsync(known, shown);
        try
        {
            var table = await direct.WaitAsync(isLate ? TimeSpan.Zero : ReadTimeout, time);
            (unanswered, AskedAt) = (null, Math.Max(AskedAt, unansweredSince));

            // A late answer may be older than one that came through a relay.
            return isLate && table?.Sequence < known ? null : table;
        }
        catch (Exception error)
        {
            if (direct.IsCompleted)
            {
                unanswered = null;
            }

            if (!LostCall.Is(error) || findAnswering() is not { } silo)
            {
                throw;
            }

            // The grain, or the directory entry that locates it, may be on the one silo that this process cannot reach.
            var askedAt = time.GetTimestamp();
            var table = await reader.ReadRoutesThroughAsync(silo, known, shown).WaitAsync(ReadTimeout, time);
            AskedAt = askedAt;
            return table;
        }
    }
}
