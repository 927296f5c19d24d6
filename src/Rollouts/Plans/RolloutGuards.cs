namespace Krewe.Rollouts.Plans;

/// <summary>
/// What makes a new version worse than the serving one. Every threshold is relative to the serving version in the same period; null
/// switches a guard off.
/// </summary>
public sealed record RolloutGuards
{
    /// <summary>The highest <see cref="MaxP50Ratio"/> and <see cref="MaxP99Ratio"/>.</summary>
    public const double MaxRatio = 1000;

    /// <summary>The highest <see cref="MinSample"/>.</summary>
    public const long MaxMinSample = 1_000_000;

    /// <summary>The highest <see cref="MinP50Increase"/> and <see cref="MinP99Increase"/>.</summary>
    public static TimeSpan MaxIncrease { get; } = TimeSpan.FromMinutes(1);

    /// <summary>How much higher the share of failed calls may be, 0 to 1: 0.01 allows one percentage point more.</summary>
    [JsonPropertyName("maxErrorRateIncrease")]
    public double? MaxErrorRateIncrease { get; init; } = 0.01;

    /// <summary>How many times longer half of the calls may take, at least 1.</summary>
    [JsonPropertyName("maxP50Ratio")]
    public double? MaxP50Ratio { get; init; } = 1.5;

    /// <summary>How many times longer 99 of 100 calls may take, at least 1.</summary>
    [JsonPropertyName("maxP99Ratio")]
    public double? MaxP99Ratio { get; init; } = 2;

    /// <summary>
    /// How much longer half of the calls may take whatever the ratio is: what takes microseconds differs by more than it for no fault of
    /// its own.
    /// </summary>
    [JsonPropertyName("minP50Increase")]
    public TimeSpan MinP50Increase { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>How much longer 99 of 100 calls may take whatever the ratio is.</summary>
    [JsonPropertyName("minP99Increase")]
    public TimeSpan MinP99Increase { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>The share of compared answers, 0 to 1, that may differ from the serving version's by more than the tolerance.</summary>
    [JsonPropertyName("maxDisagreement")]
    public double? MaxDisagreement { get; init; } = 0.05;

    /// <summary>Calls that each side must have had before a guard says anything, at least 1.</summary>
    [JsonPropertyName("minSample")]
    public long MinSample { get; init; } = 50;
}
