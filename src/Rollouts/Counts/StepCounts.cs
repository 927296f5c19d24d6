namespace Krewe.Rollouts.Counts;

/// <summary>The counts of one step of a rollout. Immutable; counts of several processes can be added.</summary>
/// <param name="Serving">The old version's calls.</param>
/// <param name="Canary">The new version's calls.</param>
/// <param name="Shadow">The new version's copies.</param>
/// <param name="Comparison">The comparison of the copies' responses.</param>
public sealed record StepCounts(
    [property: JsonPropertyName("serving")] ArmCounts Serving,
    [property: JsonPropertyName("canary")] ArmCounts Canary,
    [property: JsonPropertyName("shadow")] ArmCounts Shadow,
    [property: JsonPropertyName("comparison")] ComparisonCounts Comparison)
{
    /// <summary>All zero.</summary>
    public static StepCounts Empty { get; } = new(ArmCounts.Empty, ArmCounts.Empty, ArmCounts.Empty, ComparisonCounts.Empty);

    /// <summary>Paired latencies of both versions under similar conditions.</summary>
    [JsonPropertyName("pairs")]
    public LatencyPairs Pairs { get; init; } = LatencyPairs.Empty;

    /// <summary>The sum of both.</summary>
    public StepCounts Add(StepCounts other) =>
        new(Serving.Add(other.Serving), Canary.Add(other.Canary), Shadow.Add(other.Shadow), Comparison.Add(
            other.Comparison)) { Pairs = Pairs.Add(other.Pairs) };

    /// <summary>The difference to an earlier reading.</summary>
    public StepCounts Since(StepCounts before) => new(
        Serving.Since(before.Serving), Canary.Since(before.Canary), Shadow.Since(before.Shadow), Comparison.Since(before.Comparison))
    {
        Pairs = Pairs.Since(before.Pairs),
    };
}
