namespace Krewe.Rollouts.Plans;

/// <summary>
/// The tolerance within which two numbers agree: absolute + relative × the larger magnitude. Integers, booleans and strings must be equal.
/// </summary>
public readonly record struct ComparisonTolerance(
    [property: JsonPropertyName("relative")] double Relative,
    [property: JsonPropertyName("absolute")] double Absolute)
{
    /// <summary>1 % relative, plus 1e-4 for rounding near zero.</summary>
    public static ComparisonTolerance Default { get; } = new(0.01, 1e-4);
}
