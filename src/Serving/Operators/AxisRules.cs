using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>Operators that combine the elements along some axes (sums, norms, sorts) and keep the other axes separate.</summary>
internal static class AxisRules
{
    /// <summary>
    /// Along one axis, by default the last; before opset 13, along all axes from the given one on, by default the second.
    /// </summary>
    public static RowValue Softmax(OperatorCall call) => call.Opset < 13 && call.Node.Domain.Length == 0
        ? FromAxis(call, 1)
        : Along(call, -1);

    /// <summary>Like <see cref="Softmax"/>, for a quantised value that names its opset in an attribute.</summary>
    public static RowValue QuantisedSoftmax(OperatorCall call) =>
        call.RowsBeside(0) is not null ? call.ParameterFromRows()
        : call.Integer("opset", 13) < 13 ? FromAxis(call, 1)
        : Along(call, -1);

    /// <summary>Along the given axis, by default the last.</summary>
    public static RowValue AlongLast(OperatorCall call) => Along(call, -1);

    /// <summary>Along an axis given by an input.</summary>
    public static RowValue CumSum(OperatorCall call) => call.Numbers(1) is [var axis]
        ? Over(call, call[0], [axis])
        : call[0].HasRows ? call.Unknown("sums along an unknown axis") : call[0].WithOtherNumbers();

    /// <summary>Averages over the given axes; the default includes the first.</summary>
    public static RowValue MeanVariance(OperatorCall call) => Over(call, call[0], call.Integers("axes") ?? [0, 2, 3]);

    /// <summary>Over the last two axes.</summary>
    public static RowValue LastTwo(OperatorCall call) =>
        call.RowsBeside(0) is not null ? call.ParameterFromRows() : Over(call, call[0], [-2, -1]);

    /// <summary>Over the last two axes, which are removed.</summary>
    public static RowValue Determinant(OperatorCall call) =>
        Over(call, call[0], [-2, -1]) is { Kind: RowKind.Rows or RowKind.Constant } value
        ? value.Shape is { Length: >= 2 } shape ? value.WithShape(shape[..^2], value.Axis) : RowValue.Constant()
        : Over(call, call[0], [-2, -1]);

    /// <summary>Reductions with the axes in an attribute, or in an input since opset 18 (13 for a sum).</summary>
    public static RowValue Reduce(OperatorCall call)
    {
        var value = call[0];
        if (value.Shape is not { } shape)
        {
            return RowValue.Constant();
        }

        var isGiven = call.Attribute("axes") is not null || call.Has(1);
        var axes = isGiven ? call.Numbers("axes", 1) : [];
        if (axes is { IsEmpty: true })
        {
            if (call.Integer("noop_with_empty_axes", 0) != 0)
            {
                return value.WithOtherNumbers();
            }

            axes = [.. Enumerable.Range(0, shape.Length)];
        }

        return axes is null
            ? value.HasRows ? call.Unknown("reduces unknown axes") : RowValue.Constant()
            : Remove(call, Over(call, value, axes), axes, call.Integer("keepdims", 1) != 0);
    }

    /// <summary>The index of the maximum or minimum along an axis.</summary>
    public static RowValue ArgMax(OperatorCall call)
    {
        var axis = call.Integer("axis", 0);
        return Remove(call, Over(call, call[0], [axis]), [axis], call.Integer("keepdims", 1) != 0);
    }

    public static RowValue TopK(OperatorCall call)
    {
        if (call.RowsBeside(0) is not null)
        {
            return call.ParameterFromRows();
        }

        var axis = call.Integer("axis", -1);
        var value = Over(call, call[0], [axis]);
        var count = call.Attribute("k")?.Integer is { } given ? Extent.Of(given) : call[1].Content is [var known] ? known
            : call.Symbols.Fresh();
        return value.Shape is { } shape ? value.WithShape(shape.SetItem(OperatorCall.Axis(axis, shape.Length), count), value.Axis) : value;
    }

    /// <summary>Normalises the axes from the given one on; further outputs have size 1 there.</summary>
    public static RowValue[] LayerNorm(OperatorCall call)
    {
        if (call.RowsBeside(0) is not null)
        {
            return [call.ParameterFromRows()];
        }

        var value = FromAxis(call, -1);
        if (value.Shape is not { } shape)
        {
            return [value];
        }

        var from = OperatorCall.Axis(call.Integer("axis", -1), shape.Length);
        return [value, value.WithShape(shape.Select((size, axis) => axis < from ? size : Extent.One), value.Axis)];
    }

    /// <summary>Adds two values and normalises the last axis; the sum is the fourth output.</summary>
    public static RowValue[] SkipLayerNorm(OperatorCall call)
    {
        if (call.RowsBeside(0, 1) is not null)
        {
            return [call.ParameterFromRows()];
        }

        var sum = ElementwiseRules.Broadcast(call, call[0], call[1]);
        return [sum.HasRows && sum.Axis == sum.Rank - 1 ? call.Mixed("combines all rows of a run") : sum];
    }

    /// <summary>Reverses each sequence up to its own length.</summary>
    public static RowValue ReverseSequence(OperatorCall call)
    {
        var (value, lengths) = (call[0], call[1]);
        if (!value.HasRows && !lengths.HasRows)
        {
            return value.WithOtherNumbers();
        }

        return value.HasRows && value.Axis == call.Integer("time_axis", 0) ? call.Mixed("reverses the order of the rows")
            : value.HasRows && lengths.HasRows && value.Axis == call.Integer("batch_axis", 1) && value.Block.Equals(lengths.Block)
                ? value.WithOtherNumbers()
            : call.Unknown("reverses sequences whose lengths are not per row");
    }

    /// <summary>A loss; without a reduction, one value per element.</summary>
    public static RowValue Loss(OperatorCall call)
    {
        var (value, target) = (call[0], call[1]);
        return !value.HasRows && !target.HasRows ? RowValue.Constant()
            : call.Text("reduction") is not "none" ? call.Mixed("takes the mean or the sum over all rows of a run")
            : value is { HasRows: true, Axis: 0 } && target is { HasRows: true, Axis: 0 } && call.RowsBeside(0, 1) is null
                && value.Block.Equals(target.Block)
                ? target.WithOtherNumbers()
            : call.Unknown("compares values whose rows cannot be tracked");
    }

    /// <summary>A Fourier transform along an axis, which is an input since opset 20.</summary>
    public static RowValue Dft(OperatorCall call)
    {
        if (call.RowsBeside(0) is not null || (call.Has(2) && call.Numbers(2) is not [_]))
        {
            return call.RowsBeside() is null ? RowValue.Constant() : call.ParameterFromRows();
        }

        var axis = call.Opset < 20 ? call.Integer("axis", 1) : call.Numbers(2) is [var given] ? given : -2;
        var value = Over(call, call[0], [axis, -1]);
        return value.Shape is { } shape && OperatorCall.Axis(axis, shape.Length) is >= 0 and var at
            ? value.WithShape(shape.SetItem(at, call.Symbols.Fresh()).SetItem(shape.Length - 1, call.Symbols.Fresh()), value.Axis)
            : value;
    }

    /// <summary>The value, if none of the axes is the row axis.</summary>
    public static RowValue Over(OperatorCall call, RowValue value, IReadOnlyCollection<long> axes)
    {
        if (value.Shape is not { } shape)
        {
            return value.WithOtherNumbers();
        }

        var known = axes.Select(axis => OperatorCall.Axis(axis, shape.Length)).ToArray();
        return known.Contains(-1) ? call.Unknown("works along an axis that its input does not have")
            : value.HasRows && known.Contains(value.Axis) ? call.Mixed("combines all rows of a run")
            : value.WithOtherNumbers();
    }

    private static RowValue Along(OperatorCall call, long otherwise) => Over(call, call[0], [call.Integer("axis", otherwise)]);

    private static RowValue FromAxis(OperatorCall call, long otherwise)
    {
        var axis = call.Integer("axis", otherwise);
        return call[0].Shape is not { } shape ? call[0].WithOtherNumbers()
            : axis == shape.Length ? call[0].WithOtherNumbers()
            : OperatorCall.Axis(axis, shape.Length) is >= 0 and var from
                ? Over(call, call[0], [.. Enumerable.Range(from, shape.Length - from).Select(axis => (long)axis)])
            : call.Unknown("works along an axis that its input does not have");
    }

    private static RowValue Remove(OperatorCall call, RowValue value, IReadOnlyCollection<long> axes, bool keep)
    {
        if (value.Shape is not { } shape)
        {
            return value;
        }

        var gone = axes.Select(axis => OperatorCall.Axis(axis, shape.Length)).ToHashSet();
        return keep
            ? value.WithShape(shape.Select((size, axis) => gone.Contains(axis) ? Extent.One : size), value.Axis)
            : value.WithShape(
                shape.Where((_, axis) => !gone.Contains(axis)), value.HasRows ? value.Axis - gone.Count(axis => axis < value.Axis) : -1);
    }
}
