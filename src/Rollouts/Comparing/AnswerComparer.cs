using Krewe.Abstractions;

namespace Krewe.Rollouts;

/// <summary>Compares the answers of two versions to one call.</summary>
public static class AnswerComparer
{
    /// <summary>Holds a shadow's answer against the serving version's.</summary>
    public static AnswerComparison Compare(InferenceResponse serving, InferenceResponse shadow, ComparisonTolerance tolerance)
    {
        var difference = Math.Abs((double)BitConverter.ToSingle(serving.Outputs[0].Data.Span) - BitConverter.ToSingle(shadow.Outputs[0].Data.Span));
        return new AnswerComparison(difference <= tolerance.Absolute, difference, difference);
    }
}
