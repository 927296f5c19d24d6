namespace Krewe.Rollouts.Plans;

/// <summary>
/// How far two numbers of an output may be apart and still agree: absolute + relative × the larger of the two. Whole numbers, booleans
/// and strings agree only where they are equal.
/// </summary>
public readonly record struct ComparisonTolerance(
    [property: JsonPropertyName("relative")] double Relative,
    [property: JsonPropertyName("absolute")] double Absolute)
{
    /// <summary>One percent, and what rounding leaves near zero.</summary>
    public static ComparisonTolerance Default { get; } = new(0.01, 1e-4);
}
