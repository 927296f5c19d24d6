namespace Krewe.Rollouts.Counts;

/// <summary>The comparison of one shadow response with the serving version's.</summary>
/// <param name="Agrees">All outputs are present, with the same type and shape, and within the tolerance.</param>
/// <param name="LargestDifference">The largest difference of two numbers; null if there were none to compare.</param>
/// <param name="MeanDifference">The mean difference of two numbers; null if there were none to compare.</param>
/// <param name="Labels">Rows compared by label; 0 if the model is not a classifier.</param>
/// <param name="SameLabels">Rows with equal labels.</param>
public readonly record struct AnswerComparison(
    bool Agrees, double? LargestDifference = null, double? MeanDifference = null, int Labels = 0, int SameLabels = 0);
