using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.States;

/// <summary>Why a rollout went back, with the numbers.</summary>
/// <param name="Guard">The guard that was breached.</param>
/// <param name="Threshold">What the plan allows, in the guard's own unit.</param>
/// <param name="Serving">The serving version's value: a rate from 0 to 1, or milliseconds of the control group.</param>
/// <param name="Candidate">The new version's value in the same unit.</param>
/// <param name="ServingSample">Calls of the serving version it rests on.</param>
/// <param name="CandidateSample">Calls of the new version it rests on.</param>
/// <param name="PValue">How likely such numbers are for a version that just keeps the threshold.</param>
public sealed record GuardBreach(
    [property: JsonPropertyName("guard")] GuardKind Guard,
    [property: JsonPropertyName("threshold")] double Threshold,
    [property: JsonPropertyName("serving")] double Serving,
    [property: JsonPropertyName("candidate")] double Candidate,
    [property: JsonPropertyName("servingSample")] long ServingSample,
    [property: JsonPropertyName("candidateSample")] long CandidateSample,
    [property: JsonPropertyName("pValue")] double PValue)
{
    /// <summary>By how many milliseconds a duration may be longer whatever the threshold, a ratio, is; 0 for other guards.</summary>
    [JsonPropertyName("increaseMs")]
    public double IncreaseMs { get; init; }
}

/// <summary>What a guard looks at.</summary>
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
