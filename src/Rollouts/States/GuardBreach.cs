using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.States;

/// <summary>Why a guard rolled back, with the numbers.</summary>
/// <param name="Guard">The guard that was breached.</param>
/// <param name="Threshold">The plan's threshold, in the guard's unit.</param>
/// <param name="Serving">The serving version's value: a rate from 0 to 1, or the control group's milliseconds.</param>
/// <param name="Candidate">The new version's value in the same unit.</param>
/// <param name="ServingSample">The sample size of the serving version, in calls.</param>
/// <param name="CandidateSample">The sample size of the new version, in calls.</param>
/// <param name="PValue">The probability of such numbers for a version that just meets the threshold.</param>
public sealed record GuardBreach(
    [property: JsonPropertyName("guard")] GuardKind Guard,
    [property: JsonPropertyName("threshold")] double Threshold,
    [property: JsonPropertyName("serving")] double Serving,
    [property: JsonPropertyName("candidate")] double Candidate,
    [property: JsonPropertyName("servingSample")] long ServingSample,
    [property: JsonPropertyName("candidateSample")] long CandidateSample,
    [property: JsonPropertyName("pValue")] double PValue)
{
    /// <summary>The increase in milliseconds that is allowed whatever the ratio is; 0 for guards other than latency.</summary>
    [JsonPropertyName("increaseMs")]
    public double IncreaseMs { get; init; }
}

/// <summary>What a guard measures.</summary>
public enum GuardKind
{
    /// <summary>See <see cref="RolloutGuards.MaxErrorRateIncrease"/>.</summary>
    [JsonStringEnumMemberName("ErrorRate")]
    ErrorRate,

    /// <summary>See <see cref="RolloutGuards.MaxP50Ratio"/>.</summary>
    [JsonStringEnumMemberName("P50")]
    P50,

    /// <summary>See <see cref="RolloutGuards.MaxP99Ratio"/>.</summary>
    [JsonStringEnumMemberName("P99")]
    P99,

    /// <summary>See <see cref="RolloutGuards.MaxDisagreement"/>.</summary>
    [JsonStringEnumMemberName("Disagreement")]
    Disagreement,
}
