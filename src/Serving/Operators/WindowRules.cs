using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>
/// Image and signal operators, with the batch at the first axis. Sizes of the other axes are computed where possible, because models
/// flatten them to a known number of features.
/// </summary>
internal static class WindowRules
{
    /// <summary>Per-sample operators along the first axis that keep the shape.</summary>
    public static RowValue Samples(OperatorCall call) => call.RowsBeside(0) is not null ? call.ParameterFromRows() : First(call, call[0]);

    /// <summary>Normalises by constants; in training, by statistics of the batch.</summary>
    public static RowValue BatchNorm(OperatorCall call)
    {
        var isTraining = call.Opset >= 14 ? call.Integer("training_mode", 0) != 0
            : call.Opset < 7 ? call.Integer("is_test", 0) == 0
            : call.Node.Outputs.Skip(1).Any(output => output.Length > 0);
        return isTraining && call[0].HasRows ? call.Mixed("is in training mode and takes the mean over all rows of a run") : Samples(call);
    }

    public static RowValue Conv(OperatorCall call) => Convolve(call, call[0], call[1], call.RowsBeside(0) is not null);

    /// <summary>Data and weights, each followed by its scale and zero point.</summary>
    public static RowValue QuantisedConv(OperatorCall call) => Convolve(call, call[0], call[3], call.RowsBeside(0) is not null);

    /// <summary>Like <see cref="Conv"/>; offsets and masks are per sample.</summary>
    public static RowValue DeformConv(OperatorCall call) => Together(call, [0, 2, 4]) is { } fault ? fault
        : Convolve(call, call[0], call[1], hasOtherRows: false);

    /// <summary>The first output is per sample; the second holds indices into the whole batch.</summary>
    public static RowValue[] Pool(OperatorCall call)
    {
        var value = call.RowsBeside(0) is not null ? call.ParameterFromRows() : First(call, call[0]);
        if (value.Shape is not { Length: >= 2 } shape)
        {
            return [value];
        }

        var kernel = call.Integers("kernel_shape");
        var result = value.WithShape([shape[0], shape[1], .. Windows(call, shape, kernel)], value.Axis);
        return call.Node.Outputs.Length < 2 || !value.HasRows
            ? [result]
            : [result, call.Mixed("returns indices that count from the first row of a run")];
    }

    public static RowValue GlobalPool(OperatorCall call) => Samples(call) is { Shape: { Length: >= 2 } shape } value
        ? value.WithShape(shape.Select((size, axis) => axis < 2 ? size : Extent.One), value.Axis)
        : Samples(call);

    /// <summary>Moves elements between channels and spatial positions.</summary>
    public static RowValue DepthToSpace(OperatorCall call)
    {
        var value = First(call, call[0]);
        if (value.Shape is not { Length: 4 } shape)
        {
            return value;
        }

        var size = Extent.Of(call.Integer("blocksize", 1));
        var toSpace = call.Node.Operator == "DepthToSpace";
        Extent Grow(Extent from) => Extent.Product(from, size) ?? call.Symbols.Fresh();
        Extent Shrink(Extent from) => from.DividedBy(size) ?? call.Symbols.Derived("shrink", from, size);
        Func<Extent, Extent> channels = toSpace ? from => Shrink(Shrink(from)) : from => Grow(Grow(from));
        Func<Extent, Extent> places = toSpace ? Grow : Shrink;
        return value.WithShape([shape[0], channels(shape[1]), places(shape[2]), places(shape[3])], value.Axis);
    }

    /// <summary>Resizes images; the first axis must keep its size.</summary>
    public static RowValue Resize(OperatorCall call)
    {
        var value = call[0];
        if (!value.HasRows)
        {
            return call.RowsBeside() is null ? RowValue.Constant() : call.ParameterFromRows();
        }

        var shape = value.Shape!.Value;
        var isOld = call.Node.Operator == "Upsample" || call.Opset < 11;
        var scales = call.Attribute("scales")?.Floats ?? call[isOld ? 1 : 2].Floats;
        var sizes = isOld ? null : call[3].Content;
        var axes = call.Integers("axes")?.Select(axis => OperatorCall.Axis(axis, shape.Length)).ToArray()
            ?? [.. Enumerable.Range(0, shape.Length)];
        var at = Array.IndexOf(axes, value.Axis);
        var given = scales is { IsEmpty: false } ? scales.Value.Length : sizes?.Length ?? 0;
        if (call.RowsBeside(0) is not null || given != axes.Length || axes.Contains(-1))
        {
            return at < 0 && call.RowsBeside(0) is null && !axes.Contains(-1)
                ? value.WithShape(shape.Select((size, axis) => axes.Contains(axis) ? call.Symbols.Fresh() : size), value.Axis)
                : call.Unknown("has an unknown scale");
        }

        var isKept = at < 0 || (scales is { IsEmpty: false } factors ? factors[at] == 1
            : sizes!.Value[at].Equals(shape[value.Axis]) && call.Text("keep_aspect_ratio_policy") is null or "stretch");
        return !isKept
            ? call.Unknown("may resize the row axis")
            : value.WithShape(
                shape.Select((size, axis) => axis == value.Axis || Array.IndexOf(axes, axis) is not (>= 0 and var place) ? size
                    : sizes is { } known ? known[place]
                    : size.IsNumber ? Extent.Of((long)Math.Floor(size.Factor * (double)scales!.Value[place]))
                    : call.Symbols.Derived("resize", size)),
                value.Axis);
    }

    /// <summary>Several inputs with the rows at the first axis; the shape is that of the first, except for the spatial positions.</summary>
    public static RowValue GridSample(OperatorCall call) => Together(call, [0, 1]) is { } fault ? fault
        : call[0].Shape is { Length: >= 3 } shape && call[1].Shape is { } grid && grid.Length == shape.Length
            ? call[0].WithShape([shape[0], shape[1], .. grid[1..^1]], call[0].Axis)
        : call.Unknown("samples a value of unknown rank");

    /// <summary>The fault if some input lacks the rows at the first axis while another has them.</summary>
    public static RowValue? Together(OperatorCall call, params ReadOnlySpan<int> inputs)
    {
        if (call.RowsBeside() is not { } lead)
        {
            return RowValue.Constant();
        }

        if (call.RowsBeside(inputs) is not null)
        {
            return call.ParameterFromRows();
        }

        foreach (var input in inputs)
        {
            if (call.Has(input) && (call[input] is not { HasRows: true, Axis: 0 } value || !value.Block.Equals(lead.Block)))
            {
                return call.Unknown("has an input without the rows at the first axis");
            }
        }

        return null;
    }

    /// <summary>The value, if its rows are at the first axis.</summary>
    private static RowValue First(OperatorCall call, RowValue value) => !value.HasRows || value.Axis == 0 ? value.WithOtherNumbers()
        : value.Axis == 1 ? call.Mixed("treats the rows as channels")
        : call.Mixed("treats the rows as spatial positions");

    private static RowValue Convolve(OperatorCall call, RowValue data, RowValue weights, bool hasOtherRows)
    {
        var value = hasOtherRows ? call.ParameterFromRows() : First(call, data);
        if (value.Shape is not { Length: >= 2 } shape)
        {
            return value;
        }

        var isTransposed = call.Node.Operator == "ConvTranspose";
        var kernel = call.Integers("kernel_shape")
            ?? (weights.Shape is { } known && known.Skip(2).All(size => size.IsNumber) ? [.. known.Skip(2).Select(size => size.Factor)]
                : null);
        var channels = weights.Shape is not { Length: >= 2 } filters ? call.Symbols.Fresh()
            : isTransposed ? Extent.Product(filters[1], Extent.Of(call.Integer("group", 1))) ?? call.Symbols.Fresh()
            : filters[0];
        return value.WithShape(
            [shape[0], channels, .. isTransposed ? TransposedWindows(call, shape, kernel) : Windows(call, shape, kernel)], value.Axis);
    }

    private static IEnumerable<Extent> TransposedWindows(OperatorCall call, ImmutableArray<Extent> shape, ImmutableArray<long>? kernel)
    {
        var places = shape.Length - 2;
        long? At(string name, int place, long otherwise) => call.Integers(name) is not { } given ? otherwise
            : place < given.Length ? given[place] : null;
        var isPlain = call.Text("auto_pad") is null or "NOTSET" && call.Attribute("output_shape") is null && kernel?.Length == places;
        for (var i = 0; i < places; i++)
        {
            var size = isPlain && shape[i + 2].IsNumber
                ? (At("strides", i, 1) * (shape[i + 2].Factor - 1)) + At("output_padding", i, 0)
                    + (At("dilations", i, 1) * (kernel!.Value[i] - 1)) + 1 - At("pads", i, 0) - At("pads", i + places, 0)
                : null;
            yield return size is { } known ? Extent.Of(Math.Max(0, known)) : call.Symbols.Fresh();
        }
    }

    private static IEnumerable<Extent> Windows(OperatorCall call, ImmutableArray<Extent> shape, ImmutableArray<long>? kernel)
    {
        var places = shape.Length - 2;
        var (strides, pads, dilations) = (call.Integers("strides"), call.Integers("pads"), call.Integers("dilations"));
        // With ceil_mode, some versions drop the last window and others do not.
        var isPlain = call.Text("auto_pad") is null or "NOTSET" or "VALID" && call.Integer("ceil_mode", 0) == 0 && kernel?.Length == places
            && (strides?.Length ?? places) == places && (dilations?.Length ?? places) == places
                && (pads?.Length ?? places * 2) == places * 2;
        var how = string.Join(
            ' ', call.Node.Operator, call.Text("auto_pad"), call.Integer("ceil_mode", 0), Text(kernel), Text(strides), Text(pads),
                Text(dilations));
        for (var i = 0; i < places; i++)
        {
            var stride = isPlain ? strides?[i] ?? 1 : 0;
            yield return isPlain && stride > 0 && shape[i + 2].IsNumber
                ? Window(shape[i + 2].Factor + (pads?[i] ?? 0) + (pads?[i + places] ?? 0), kernel!.Value[i], stride, dilations?[i] ?? 1)
                : call.Text("auto_pad") is "SAME_UPPER" or "SAME_LOWER" && shape[i + 2].IsNumber && (strides?.Length ?? places) == places
                    ? Extent.Of((shape[i + 2].Factor + (strides?[i] ?? 1) - 1) / Math.Max(1, strides?[i] ?? 1))
                : call.Symbols.Derived($"{how} {i}", shape[i + 2]);
        }
    }

    private static string Text(ImmutableArray<long>? numbers) => string.Join(',', numbers ?? []);

    private static Extent Window(long size, long kernel, long stride, long dilation) =>
        Extent.Of(Math.Max(0, ((size - (dilation * (kernel - 1)) - 1) / stride) + 1));
}
