using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Tensors;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.Comparing;

/// <summary>
/// Compares the answer of a shadow with the serving version's. Every output of the serving version must be in the shadow's answer, of
/// the same type and shape; outputs that only the shadow has are passed over, for nobody reads them yet. Floating-point numbers
/// agree within the tolerance, everything else where it is equal. No number equals no number, an infinity equals itself.
/// <para>
/// Differences are those of all floating-point numbers, and of whole numbers that are no labels. A pair without a finite difference (an
/// infinity or no number on one side) disagrees and is left out of them; one beyond <see cref="float.MaxValue"/> counts as that.
/// </para>
/// </summary>
public static class AnswerComparer
{
    private const int BlockLength = 256;

    /// <summary>Compares two answers to the same inputs; both must be alive until this returns.</summary>
    public static AnswerComparison Compare(InferenceResponse serving, InferenceResponse shadow, ComparisonTolerance tolerance)
    {
        var (agrees, differences) = (true, new DifferenceSum());
        for (var i = 0; i < serving.Outputs.Count; i++)
        {
            var output = serving.Outputs[i];
            agrees &= FindMatch(output, shadow) is { } other && Agree(output, other, tolerance, ref differences);
        }

        var (labels, same) = LabelComparer.Count(serving, shadow);
        return new AnswerComparison(agrees, differences.Largest, differences.Mean, labels, same);
    }

    /// <summary>The other answer's output of the same name, type and shape; null for none.</summary>
    internal static Tensor? FindMatch(Tensor output, InferenceResponse other)
    {
        for (var i = 0; i < other.Outputs.Count; i++)
        {
            var candidate = other.Outputs[i];
            if (candidate.Name == output.Name)
            {
                return candidate.Type == output.Type && candidate.Shape.AsSpan().SequenceEqual(output.Shape.AsSpan()) ? candidate : null;
            }
        }

        return null;
    }

    private static bool Agree(Tensor serving, Tensor shadow, ComparisonTolerance tolerance, ref DifferenceSum differences)
    {
        if (serving.Type.IsFloat())
        {
            return AddNumbers(serving, shadow, tolerance, ref differences);
        }

        if (serving.Type.IsInteger() && !LabelComparer.IsLabel(serving))
        {
            AddNumbers(serving, shadow, tolerance, ref differences);
        }

        // As they lie: 64-bit numbers do not fit a double, and strings have one form only.
        return serving.Data.Span.SequenceEqual(shadow.Data.Span);
    }

    private static bool AddNumbers(Tensor serving, Tensor shadow, ComparisonTolerance tolerance, ref DifferenceSum differences)
    {
        Span<double> left = stackalloc double[BlockLength];
        Span<double> right = stackalloc double[BlockLength];
        var agree = true;
        for (var start = 0L; start < serving.ElementCount; start += BlockLength)
        {
            var length = (int)Math.Min(BlockLength, serving.ElementCount - start);
            TensorNumbers.Read(serving, (int)start, left[..length]);
            TensorNumbers.Read(shadow, (int)start, right[..length]);
            agree &= differences.Add(left[..length], right[..length], tolerance);
        }

        return agree;
    }
}
