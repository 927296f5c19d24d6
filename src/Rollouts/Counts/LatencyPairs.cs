using Krewe.Rollouts.Counting;

namespace Krewe.Rollouts.Counts;

/// <summary>
/// How long calls of the new version took and as many control calls of the old one, made under like circumstances: what the guards of
/// latency compare. See <see cref="ControlGroup"/>.
/// </summary>
/// <param name="Control">The control calls.</param>
/// <param name="Canary">Those of the new version that they are paired with.</param>
/// <param name="Unlike">Control calls that the serving session answered, because there was none beside the new version.</param>
public sealed record LatencyPairs(
    [property: JsonPropertyName("control")] LatencyHistogram Control,
    [property: JsonPropertyName("canary")] LatencyHistogram Canary,
    [property: JsonPropertyName("unlike")] long Unlike)
{
    // One in ten moves no quantile by much.
    private const int Tolerated = 10;

    /// <summary>Nothing counted.</summary>
    public static LatencyPairs Empty { get; } = new(LatencyHistogram.Empty, LatencyHistogram.Empty, 0);

    /// <summary>True where the control calls were answered as seldom, and at the same place, as the new version's.</summary>
    internal bool AreAlike => Unlike * Tolerated <= Control.Total;

    /// <summary>Both together.</summary>
    public LatencyPairs Add(LatencyPairs other) => new(Control.Add(other.Control), Canary.Add(other.Canary), Unlike + other.Unlike);

    /// <summary>What this one has beyond an earlier reading of the same.</summary>
    public LatencyPairs Since(LatencyPairs before) =>
        new(Control.Since(before.Control), Canary.Since(before.Canary), Math.Max(0, Unlike - before.Unlike));
}
