namespace Krewe.Rollouts.Plans;

/// <summary>
/// The thresholds beyond which a new version is rolled back. All are relative to the serving version in the same period; null disables
/// a guard.
/// </summary>
public sealed record RolloutGuards
{
    /// <summary>The maximum of <see cref="MaxP50Ratio"/> and <see cref="MaxP99Ratio"/>.</summary>
    public const double MaxRatio = 1000;

    /// <summary>The maximum of <see cref="MinSample"/>.</summary>
    public const long MaxMinSample = 1_000_000;

    /// <summary>The maximum of <see cref="MinP50Increase"/> and <see cref="MinP99Increase"/>.</summary>
    public static TimeSpan MaxIncrease { get; } = TimeSpan.FromMinutes(1);

    /// <summary>The allowed increase of the error rate, 0 to 1: 0.01 is one percentage point.</summary>
    [JsonPropertyName("maxErrorRateIncrease")]
    public double? MaxErrorRateIncrease { get; init; } = 0.01;

    /// <summary>The allowed ratio of the median latencies, at least 1.</summary>
    [JsonPropertyName("maxP50Ratio")]
    public double? MaxP50Ratio { get; init; } = 1.5;

    /// <summary>The allowed ratio of the p99 latencies, at least 1.</summary>
    [JsonPropertyName("maxP99Ratio")]
    public double? MaxP99Ratio { get; init; } = 2;

    /// <summary>
    /// The increase of the median latency that is always allowed: microseconds vary by more than the ratio without a fault.
    /// </summary>
    [JsonPropertyName("minP50Increase")]
    public TimeSpan MinP50Increase { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>The increase of the p99 latency that is always allowed.</summary>
    [JsonPropertyName("minP99Increase")]
    public TimeSpan MinP99Increase { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>The allowed share, 0 to 1, of compared responses that differ by more than the tolerance.</summary>
    [JsonPropertyName("maxDisagreement")]
    public double? MaxDisagreement { get; init; } = 0.05;

    /// <summary>Calls of each version before guards are evaluated, at least 1.</summary>
    [JsonPropertyName("minSample")]
    public long MinSample { get; init; } = 50;
}
