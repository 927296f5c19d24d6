namespace Krewe.Rollouts.Counts;

/// <summary>What was counted in one step of a rollout. Immutable; the counts of several processes add up.</summary>
/// <param name="Serving">The old version's calls under the route.</param>
/// <param name="Canary">The new version's calls.</param>
/// <param name="Shadow">The new version's copies.</param>
/// <param name="Comparison">How the copies' answers compare.</param>
public sealed record StepCounts(
    [property: JsonPropertyName("serving")] ArmCounts Serving,
    [property: JsonPropertyName("canary")] ArmCounts Canary,
    [property: JsonPropertyName("shadow")] ArmCounts Shadow,
    [property: JsonPropertyName("comparison")] ComparisonCounts Comparison)
{
    /// <summary>Nothing counted.</summary>
    public static StepCounts Empty { get; } = new(ArmCounts.Empty, ArmCounts.Empty, ArmCounts.Empty, ComparisonCounts.Empty);

    /// <summary>Durations of both versions under like circumstances.</summary>
    [JsonPropertyName("pairs")]
    public LatencyPairs Pairs { get; init; } = LatencyPairs.Empty;

    /// <summary>Both together.</summary>
    public StepCounts Add(StepCounts other) =>
        new(Serving.Add(other.Serving), Canary.Add(other.Canary), Shadow.Add(other.Shadow), Comparison.Add(
            other.Comparison)) { Pairs = Pairs.Add(other.Pairs) };

    /// <summary>What this one has beyond an earlier reading of the same.</summary>
    public StepCounts Since(StepCounts before) => new(
        Serving.Since(before.Serving), Canary.Since(before.Canary), Shadow.Since(before.Shadow), Comparison.Since(before.Comparison))
    {
        Pairs = Pairs.Since(before.Pairs),
    };
}
