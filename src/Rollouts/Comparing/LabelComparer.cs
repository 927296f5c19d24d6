using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Tensors;

namespace Krewe.Rollouts.Comparing;

/// <summary>
/// Compares the labels of classifiers, row by row. An integer, boolean or string output of shape [n] or [n,1] is a label.
/// Without such an output, the label of a floating-point output of shape [n,k], k at least 2, is the argmax of the row: the first of
/// equal maxima, ignoring NaN.
/// </summary>
internal static class LabelComparer
{
    private const int BlockLength = 256;

    /// <summary>True if the output holds labels.</summary>
    public static bool IsLabel(Tensor output) =>
        !output.Type.IsFloat() && (output.Shape.Length == 1 || (output.Shape.Length == 2 && output.Shape[1] == 1));

    /// <summary>Rows compared, and rows with equal labels.</summary>
    public static (int Labels, int Same) Count(InferenceResponse serving, InferenceResponse shadow) =>
        serving.Outputs.Any(IsLabel) ? Count(serving, shadow, IsLabel, CountSame) : Count(serving, shadow, IsScores, CountSamePlaces);

    private static bool IsScores(Tensor output) => output.Type.IsFloat() && output.Shape.Length == 2 && output.Shape[1] >= 2;

    private static (int Labels, int Same) Count(
        InferenceResponse serving, InferenceResponse shadow, Func<Tensor, bool> isCompared, Func<Tensor, Tensor, int> countSame)
    {
        var (labels, same) = (0, 0);
        for (var i = 0; i < serving.Outputs.Count; i++)
        {
            var output = serving.Outputs[i];
            if (isCompared(output) && AnswerComparer.FindMatch(output, shadow) is { } other)
            {
                labels += (int)output.Shape[0];
                same += countSame(output, other);
            }
        }

        return (labels, same);
    }

    private static int CountSame(Tensor serving, Tensor shadow)
    {
        if (serving.Type == TensorType.Bytes)
        {
            return CountSameStrings(serving, shadow);
        }

        var left = serving.Data.Span;
        var right = shadow.Data.Span;
        var (size, same) = (serving.Type.ElementSize(), 0);
        for (var at = 0; at < left.Length; at += size)
        {
            same += left.Slice(at, size).SequenceEqual(right.Slice(at, size)) ? 1 : 0;
        }

        return same;
    }

    private static int CountSameStrings(Tensor serving, Tensor shadow)
    {
        var right = new BytesElements(shadow.Data.Span);
        var same = 0;
        foreach (var left in new BytesElements(serving.Data.Span))
        {
            same += right.MoveNext() && left.SequenceEqual(right.Current) ? 1 : 0;
        }

        return same;
    }

    private static int CountSamePlaces(Tensor serving, Tensor shadow)
    {
        var (rows, width, same) = ((int)serving.Shape[0], (int)serving.Shape[1], 0);
        for (var row = 0; row < rows; row++)
        {
            same += FindLargest(serving, row * width, width) == FindLargest(shadow, row * width, width) ? 1 : 0;
        }

        return same;
    }

    /// <summary>The index of a row's maximum; -1 if all values are NaN.</summary>
    private static int FindLargest(Tensor scores, int start, int width)
    {
        Span<double> block = stackalloc double[BlockLength];
        var (place, largest) = (-1, double.NaN);
        for (var done = 0; done < width; done += BlockLength)
        {
            var part = block[..Math.Min(BlockLength, width - done)];
            TensorNumbers.Read(scores, start + done, part);
            for (var i = 0; i < part.Length; i++)
            {
                if (part[i] > largest || (place < 0 && !double.IsNaN(part[i])))
                {
                    (place, largest) = (done + i, part[i]);
                }
            }
        }

        return place;
    }
}
