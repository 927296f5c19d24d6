using System.Collections.Immutable;

namespace Krewe.Abstractions.Tensors;

/// <summary>Arithmetic on shapes. A shape lists the dimensions, outermost first; the empty shape is a scalar.</summary>
public static class TensorShape
{
    /// <summary>
    /// The number of elements: 1 for a scalar, 0 if a dimension is 0; false for a negative dimension or a product past 2^63-1.
    /// </summary>
    public static bool TryCountElements(ReadOnlySpan<long> shape, out long count)
    {
        count = shape.Contains(0) ? 0 : 1;
        foreach (var dimension in shape)
        {
            if (dimension < 0 || (dimension > 0 && count > long.MaxValue / dimension))
            {
                return false;
            }

            count *= dimension;
        }

        return true;
    }

    /// <summary>The shape as text: <c>[2,3]</c>, <c>[]</c> for a scalar, -1 for a free dimension.</summary>
    public static string Format(ReadOnlySpan<long> shape)
    {
        var text = new System.Text.StringBuilder("[");
        for (var i = 0; i < shape.Length; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(shape[i]);
        }

        return text.Append(']').ToString();
    }

    /// <inheritdoc cref="Format(ReadOnlySpan{long})"/>
    public static string Format(ImmutableArray<long> shape) => Format(shape.AsSpan());
}
