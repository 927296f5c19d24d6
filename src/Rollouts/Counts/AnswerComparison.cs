namespace Krewe.Rollouts.Counts;

/// <summary>How one answer of a shadow compares with the serving version's.</summary>
/// <param name="Agrees">All outputs are there, of one type and shape, and within the tolerance.</param>
/// <param name="LargestDifference">The largest difference of two numbers; null where there were none to compare.</param>
/// <param name="MeanDifference">The mean difference of two numbers; null where there were none to compare.</param>
/// <param name="Labels">Rows compared by label; 0 where the model does not look like a classifier.</param>
/// <param name="SameLabels">Those with the same label.</param>
public readonly record struct AnswerComparison(
    bool Agrees, double? LargestDifference = null, double? MeanDifference = null, int Labels = 0, int SameLabels = 0);
