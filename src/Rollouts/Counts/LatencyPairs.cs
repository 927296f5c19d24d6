using Krewe.Rollouts.Counting;

namespace Krewe.Rollouts.Counts;

/// <summary>
/// Latencies of the new version's calls and of as many control calls of the old version under similar conditions, for the latency guards.
/// See <see cref="ControlGroup"/>.
/// </summary>
/// <param name="Control">The control calls.</param>
/// <param name="Canary">The paired calls of the new version.</param>
/// <param name="Unlike">Control calls answered by the serving session, because there was no baseline beside the new version.</param>
public sealed record LatencyPairs(
    [property: JsonPropertyName("control")] LatencyHistogram Control,
    [property: JsonPropertyName("canary")] LatencyHistogram Canary,
    [property: JsonPropertyName("unlike")] long Unlike)
{
    // One in ten has little effect on a quantile.
    private const int Tolerated = 10;

    /// <summary>Without pairs.</summary>
    public static LatencyPairs Empty { get; } = new(LatencyHistogram.Empty, LatencyHistogram.Empty, 0);

    /// <summary>True if the control calls were measured as rarely, and at the same place, as the new version's.</summary>
    internal bool AreAlike => Unlike * Tolerated <= Control.Total;

    /// <summary>The sum of both.</summary>
    public LatencyPairs Add(LatencyPairs other) => new(Control.Add(other.Control), Canary.Add(other.Canary), Unlike + other.Unlike);

    /// <summary>The difference to an earlier reading.</summary>
    public LatencyPairs Since(LatencyPairs before) =>
        new(Control.Since(before.Control), Canary.Since(before.Canary), Math.Max(0, Unlike - before.Unlike));
}
