namespace Krewe.Rollouts.Counts;

/// <summary>Counts of comparisons of shadow responses with the serving version's.</summary>
public sealed record ComparisonCounts
{
    /// <summary>All zero.</summary>
    public static ComparisonCounts Empty { get; } = new();

    /// <summary>Responses compared.</summary>
    [JsonPropertyName("compared")]
    public long Compared { get; init; }

    /// <summary>Responses that differ by more than the tolerance.</summary>
    [JsonPropertyName("disagreements")]
    public long Disagreements { get; init; }

    /// <summary>Rows of classifiers compared by label: the argmax of the scores, or the label output.</summary>
    [JsonPropertyName("labels")]
    public long Labels { get; init; }

    /// <summary>Rows with equal labels.</summary>
    [JsonPropertyName("sameLabels")]
    public long SameLabels { get; init; }

    /// <summary>The largest difference of two numbers.</summary>
    [JsonPropertyName("largestDifference")]
    public double LargestDifference { get; init; }

    /// <summary>The sum of the mean differences of responses; divided by <see cref="Numeric"/>, the mean.</summary>
    [JsonPropertyName("sumOfMeanDifferences")]
    public double SumOfMeanDifferences { get; init; }

    /// <summary>Responses with numbers to compare.</summary>
    [JsonPropertyName("numeric")]
    public long Numeric { get; init; }

    /// <summary>Copies skipped for lack of capacity.</summary>
    [JsonPropertyName("skipped")]
    public long Skipped { get; init; }

    /// <summary>The sum of both.</summary>
    public ComparisonCounts Add(ComparisonCounts other) => new()
    {
        Compared = Compared + other.Compared,
        Disagreements = Disagreements + other.Disagreements,
        Labels = Labels + other.Labels,
        SameLabels = SameLabels + other.SameLabels,
        LargestDifference = Math.Max(LargestDifference, other.LargestDifference),
        SumOfMeanDifferences = SumOfMeanDifferences + other.SumOfMeanDifferences,
        Numeric = Numeric + other.Numeric,
        Skipped = Skipped + other.Skipped,
    };

    /// <summary>The difference to an earlier reading; the largest difference covers the whole time.</summary>
    public ComparisonCounts Since(ComparisonCounts before) => this with
    {
        Compared = Math.Max(0, Compared - before.Compared),
        Disagreements = Math.Max(0, Disagreements - before.Disagreements),
        Labels = Math.Max(0, Labels - before.Labels),
        SameLabels = Math.Max(0, SameLabels - before.SameLabels),
        SumOfMeanDifferences = Math.Max(0, SumOfMeanDifferences - before.SumOfMeanDifferences),
        Numeric = Math.Max(0, Numeric - before.Numeric),
        Skipped = Math.Max(0, Skipped - before.Skipped),
    };
}
