using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Inference;
using Krewe.Api.Settings;
using Krewe.Api.TensorJson;

namespace Krewe.Api.TensorFlowServing;

/// <summary>Shared by the row and the column format.</summary>
internal static class PredictInputs
{
    /// <summary>The input by name; an unknown one is an error of the caller.</summary>
    public static TensorSpec Find(ModelMetadata metadata, ReadOnlySpan<byte> utf8, scoped in JsonCursor cursor)
    {
        var name = NameCache.Shared.Get(utf8);
        foreach (var spec in metadata.Inputs)
        {
            if (spec.Name == name)
            {
                return spec;
            }
        }

        throw cursor.Wrong(
            $"unknown input '{ErrorText.Quote(name)}': model '{metadata.Model.Name}' has {string.Join(", ", metadata.Inputs)}");
    }

    /// <summary>Skips a value and finds its shape along the first items; returns the rank.</summary>
    public static int Probe(ref JsonCursor cursor, scoped Span<long> dimensions, int depth)
    {
        if (cursor.Peek() != '[')
        {
            cursor.Skip();
            return depth;
        }

        if (depth == dimensions.Length)
        {
            throw cursor.Wrong($"data is nested deeper than {dimensions.Length} dimensions, the most that is accepted");
        }

        cursor.OpenArray("data");
        var (count, rank) = (0L, depth + 1);
        for (var first = true; cursor.NextItem(ref first); count++)
        {
            if (count == 0)
            {
                rank = Probe(ref cursor, dimensions, depth + 1);
            }
            else
            {
                cursor.Skip();
            }
        }

        dimensions[depth] = count;
        return rank;
    }

    /// <summary>The number of elements of a shape, checked against the limit.</summary>
    public static long CountWithin(ApiLimits limits, TensorSpec spec, ReadOnlySpan<long> shape, scoped in JsonCursor cursor) =>
        TensorShape.TryCountElements(shape, out var count) && count <= limits.MaxElements
            ? count
            : throw cursor.Wrong(
                $"input '{spec.Name}' has shape {TensorShape.Format(shape)} with more than {limits.MaxElements} elements, the most that is "
                    + "accepted");
}
