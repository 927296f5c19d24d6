using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Tensors;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.Comparing;

/// <summary>
/// Compares a shadow's response with the serving version's. Every output of the serving version must be present with the same type and
/// shape; extra outputs of the shadow are ignored. Floating-point values agree within the tolerance, all others must be equal. NaN equals
/// NaN, and an infinity equals itself.
/// <para>
/// Differences cover floating-point values and integers that are not labels. A pair with one infinity or NaN disagrees and is excluded
/// from them; a difference beyond <see cref="float.MaxValue"/> is capped at that.
/// </para>
/// </summary>
public static class AnswerComparer
{
    private const int BlockLength = 256;

    /// <summary>Compares two responses to the same inputs. Neither may be disposed before this returns.</summary>
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

    /// <summary>The output of the same name, type and shape in the other response; null for none.</summary>
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

        // Compared as bytes: 64-bit integers do not fit a double, and a string has one encoding.
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
