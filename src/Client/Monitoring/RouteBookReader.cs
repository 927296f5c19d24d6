using Krewe.Client.Retrying;
using Krewe.Grains.Interfaces.Models;

namespace Krewe.Client.Monitoring;

/// <summary>
/// Reads the routes from the grain that has them, or through another silo where that grain does not answer. One read at a time.
/// </summary>
internal sealed class RouteBookReader(IClusterReader reader, TimeProvider time)
{
    // Long for a grain that is there; where it cannot be reached its answer would take the engine half a minute.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private Task<RouteBook?>? unanswered;
    private long unansweredSince;

    /// <summary>The timestamp at which the question was put that was answered last.</summary>
    public long AskedAt { get; private set; }

    /// <summary>The routes; null where they are those of the sequence known.</summary>
    /// <param name="known">The sequence of those known.</param>
    /// <param name="shown">The sequence of those by which calls that begin now are routed.</param>
    /// <param name="findAnswering">A silo that answers this process; null where there is none.</param>
    public async Task<RouteBook?> ReadAsync(long known, long shown, Func<SiloAddress?> findAnswering)
    {
        var isLate = unanswered is not null;
        unansweredSince = isLate ? unansweredSince : time.GetTimestamp();
        var direct = unanswered ??= reader.ReadRoutesAsync(known, shown);
        try
        {
            var book = await direct.WaitAsync(isLate ? TimeSpan.Zero : Patience, time);
            (unanswered, AskedAt) = (null, Math.Max(AskedAt, unansweredSince));

            // It was asked for long ago: another silo may have said more since.
            return isLate && book?.Sequence < known ? null : book;
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

            // The grain, or what the engine needs to find it, may be on the one silo that cannot be reached from here.
            var askedAt = time.GetTimestamp();
            var book = await reader.ReadRoutesThroughAsync(silo, known, shown).WaitAsync(Patience, time);
            AskedAt = askedAt;
            return book;
        }
    }
}
