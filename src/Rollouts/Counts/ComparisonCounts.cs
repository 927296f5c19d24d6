namespace Krewe.Rollouts.Counts;

/// <summary>How the answers of a shadow compare with those of the serving version.</summary>
public sealed record ComparisonCounts
{
    /// <summary>Nothing compared.</summary>
    public static ComparisonCounts Empty { get; } = new();

    /// <summary>Answers compared.</summary>
    [JsonPropertyName("compared")]
    public long Compared { get; init; }

    /// <summary>Those that differ by more than the tolerance.</summary>
    [JsonPropertyName("disagreements")]
    public long Disagreements { get; init; }

    /// <summary>Rows of classifiers compared by their label: the place of the largest score, or the label itself.</summary>
    [JsonPropertyName("labels")]
    public long Labels { get; init; }

    /// <summary>Those with the same label.</summary>
    [JsonPropertyName("sameLabels")]
    public long SameLabels { get; init; }

    /// <summary>The largest difference of two numbers.</summary>
    [JsonPropertyName("largestDifference")]
    public double LargestDifference { get; init; }

    /// <summary>The sum over the answers of their mean difference; by <see cref="Numeric"/> it gives the mean.</summary>
    [JsonPropertyName("sumOfMeanDifferences")]
    public double SumOfMeanDifferences { get; init; }

    /// <summary>Answers that had numbers to compare.</summary>
    [JsonPropertyName("numeric")]
    public long Numeric { get; init; }

    /// <summary>Copies that were not made, because there was no room for them beside the real calls.</summary>
    [JsonPropertyName("skipped")]
    public long Skipped { get; init; }

    /// <summary>Both together.</summary>
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

    /// <summary>What this one has beyond an earlier reading of the same; the largest difference is of the whole time.</summary>
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
