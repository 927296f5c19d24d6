using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>Operators that select, join, slice or pad along axes.</summary>
internal static class SelectionRules
{
    private const int MaxParts = 1024;

    public static RowValue Gather(OperatorCall call)
    {
        var (data, indices) = (call[0], call[1]);
        if (data.Shape is not { } shape || indices.Shape is not { } picked)
        {
            return call.RowsBeside() is null ? RowValue.Constant() : call.Unknown("selects from a value of unknown rank");
        }

        var axis = OperatorCall.Axis(call.Integer("axis", 0), shape.Length);
        if (axis < 0)
        {
            return call.Unknown("selects along an axis that its input does not have");
        }

        if (data.HasRows && data.Axis == axis)
        {
            return indices.HasRows ? call.Unknown("selects among the rows") : call.Mixed("selects some of the rows");
        }

        if (data.HasRows && indices.HasRows)
        {
            return call.Mixed("selects from every row for every other row");
        }

        ImmutableArray<Extent> dimensions = [.. shape[..axis], .. picked, .. shape[(axis + 1)..]];
        var result = data.HasRows ? data.WithShape(dimensions, data.Axis < axis ? data.Axis : data.Axis + picked.Length - 1)
            : indices.HasRows ? indices.WithShape(dimensions, indices.Axis + axis)
            : RowValue.Constant(dimensions);
        return result with { Content = Pick(data.Content, shape.Length, call.Numbers(1)) };
    }

    public static RowValue GatherElements(OperatorCall call)
    {
        var (data, indices) = (call[0], call[1]);
        if (call.RowsBeside() is null)
        {
            return RowValue.Constant(indices.Shape);
        }

        if (indices.Shape is not { } shape || OperatorCall.Axis(call.Integer("axis", 0), shape.Length) is not (>= 0 and var axis))
        {
            return call.Unknown("selects along an unknown axis");
        }

        return !indices.HasRows ? call.Mixed("selects from some of the rows")
            : data.HasRows && (data.Axis != indices.Axis || data.Axis == axis || !data.Block.Equals(indices.Block))
                ? call.Unknown("selects among the rows")
            : data.HasRows || indices.Axis == axis ? indices.WithOtherNumbers()
            : call.Unknown("has a constant that may differ by row");
    }

    public static RowValue GatherNd(OperatorCall call)
    {
        var (data, indices) = (call[0], call[1]);
        var batchAxes = call.Integer("batch_dims", 0);
        if (data.Shape is not { } shape || indices.Shape is not { Length: > 0 } picked
            || picked[^1] is not { IsNumber: true, Factor: var depth }
            || batchAxes < 0 || batchAxes + depth > shape.Length || batchAxes > picked.Length - 1)
        {
            return call.RowsBeside() is null ? RowValue.Constant() : call.Unknown("selects from a value of unknown rank");
        }

        ImmutableArray<Extent> dimensions = [.. picked[..^1], .. shape[(int)(batchAxes + depth)..]];
        var together = data.HasRows && indices.HasRows && data.Axis == indices.Axis && data.Axis < batchAxes
            && data.Block.Equals(indices.Block);
        return call.RowsBeside() is null ? RowValue.Constant(dimensions)
            : together || (!data.HasRows && batchAxes == 0 && indices.Axis < picked.Length - 1)
                ? indices.WithShape(dimensions, indices.Axis)
            : call.Unknown("selects among the rows");
    }

    public static RowValue Concat(OperatorCall call)
    {
        var content = new List<Extent>();
        var (whole, lead) = (true, call.RowsBeside());
        foreach (var input in call.Inputs)
        {
            whole &= input.Content is not null && input.Rank == 1;
            content.AddRange(whole ? input.Content!.Value : []);
        }

        if (whole && content.Count <= 256)
        {
            return ShapeRules.OfContent([.. content], isScalar: false);
        }

        if ((lead ?? call[0]).Shape is not { } shape
            || OperatorCall.Axis(call.Integer("axis", 1), shape.Length) is not (>= 0 and var axis))
        {
            return lead is null ? RowValue.Constant() : call.Unknown("joins along an unknown axis");
        }

        return Join(call, lead, shape, axis);
    }

    public static RowValue[] Split(OperatorCall call)
    {
        var (value, count) = (call[0], call.Node.Outputs.Length);
        if (value.Shape is not { } shape || OperatorCall.Axis(call.Integer("axis", 0), shape.Length) is not (>= 0 and var axis))
        {
            return [value.HasRows ? call.Unknown("splits along an unknown axis") : RowValue.Constant()];
        }

        if (count > MaxParts)
        {
            return [call.Unknown($"splits into more than {MaxParts} parts")];
        }

        if (value.HasRows && axis == value.Axis && count > 1)
        {
            return [call.Mixed("splits the rows")];
        }

        var sizes = call.Attribute("split")?.Integers is { } given ? [.. given.Select(Extent.Of)] : call[1].Content;
        return
        [
            .. Enumerable.Range(0, count).Select(i => value.WithShape(
                shape.SetItem(axis, sizes is { } known && i < known.Length ? known[i]
                    : sizes is null && !call.Has(1) && shape[axis].DividedBy(Extent.Of(count)) is { } part ? part
                    : count == 1 ? shape[axis]
                    : call.Symbols.Derived($"split {i} of {count}", shape[axis])),
                value.Axis) with { Content = Part(value, sizes, i) }),
        ];
    }

    public static RowValue Slice(OperatorCall call)
    {
        var value = call[0];
        if (value.Shape is not { } shape)
        {
            return RowValue.Constant();
        }

        var isOld = call.Opset < 10;
        var starts = isOld ? Numbers(call, "starts") : call[1].Content;
        var ends = isOld ? Numbers(call, "ends") : call[2].Content;
        var steps = isOld || !call.Has(4) ? null : call[4].Content;
        var axes = isOld ? call.Integers("axes") : call.Has(3) ? call.Numbers(3) : null;
        if (starts is not { } from || ends is not { } to || from.Length != to.Length || (axes is null && !isOld && call.Has(3))
            || (axes is { } some && some.Length != from.Length) || (!isOld && call.Has(4) && steps?.Length != from.Length))
        {
            return value.HasRows ? call.Unknown("slices in a way that cannot be tracked") : RowValue.Constant();
        }

        var dimensions = shape.ToArray();
        ImmutableArray<Extent>? content = null;
        for (var i = 0; i < from.Length; i++)
        {
            var axis = OperatorCall.Axis(axes?[i] ?? i, shape.Length);
            var step = steps?[i] ?? Extent.One;
            if (axis < 0)
            {
                return call.Unknown("slices along an axis that its input does not have");
            }

            if (IsWhole(from[i], to[i], step, shape[axis]))
            {
                continue;
            }

            if (value.HasRows && axis == value.Axis)
            {
                return from[i].IsNumber && to[i].IsNumber && step.IsNumber
                    ? call.Mixed("takes some of the rows")
                    : call.Unknown("may take some of the rows");
            }

            dimensions[axis] = Length(call, from[i], to[i], step, shape[axis]);
            content = step.IsOne ? Part(value.Content, from[i], to[i]) : null;
        }

        content ??= dimensions.SequenceEqual(shape) ? value.Content : null;
        return value.WithShape(dimensions, value.Axis) with { Content = content };
    }

    public static RowValue Pad(OperatorCall call)
    {
        var value = call[0];
        var pads = call.Opset < 11 && call.Node.Domain.Length == 0 ? Numbers(call, "pads") ?? Numbers(call, "paddings") : call[1].Content;
        if (value.Shape is not { } shape || pads is not { } widths || (call.Has(3) && call.Numbers(3) is null))
        {
            return value.HasRows ? call.Unknown("has unknown padding") : RowValue.Constant();
        }

        var axes = (call.Has(3) ? call.Numbers(3) : null)?.Select(axis => OperatorCall.Axis(axis, shape.Length)).ToArray()
            ?? [.. Enumerable.Range(0, shape.Length)];
        if (call.RowsBeside(0) is not null || widths.Length != axes.Length * 2 || axes.Contains(-1))
        {
            return call.Unknown("pads in a way that cannot be tracked");
        }

        var dimensions = shape.ToArray();
        for (var i = 0; i < axes.Length; i++)
        {
            var (before, after) = (widths[i], widths[i + axes.Length]);
            if (before is { IsNumber: true, Factor: 0 } && after is { IsNumber: true, Factor: 0 })
            {
                continue;
            }

            if (value.HasRows && axes[i] == value.Axis)
            {
                return before.IsNumber && after.IsNumber ? call.Mixed("adds or drops rows")
                    : call.Unknown("may add rows");
            }

            dimensions[axes[i]] = shape[axes[i]].IsNumber && before.IsNumber && after.IsNumber
                ? Extent.Of(shape[axes[i]].Factor + before.Factor + after.Factor)
                : call.Symbols.Derived("pad", shape[axes[i]], before, after);
        }

        return value.WithShape(dimensions, value.Axis);
    }

    /// <summary>Writes elements of one tensor into another along an axis.</summary>
    public static RowValue ScatterElements(OperatorCall call)
    {
        var (data, indices, updates) = (call[0], call[1], call[2]);
        if (call.RowsBeside() is null)
        {
            return data.WithOtherNumbers();
        }

        return data.HasRows && indices.HasRows && updates.HasRows && data.Axis == indices.Axis && data.Axis == updates.Axis
            && data.Block.Equals(indices.Block) && data.Block.Equals(updates.Block)
            && OperatorCall.Axis(call.Integer("axis", 0), data.Rank!.Value) != data.Axis
            ? data.WithOtherNumbers()
            : call.Unknown("may write to other rows");
    }

    public static RowValue OneHot(OperatorCall call)
    {
        var indices = call[0];
        if (call.RowsBeside(0) is not null || indices.Shape is not { } shape)
        {
            return call.RowsBeside() is null ? RowValue.Constant() : call.ParameterFromRows();
        }

        var axis = OperatorCall.Axis(call.Integer("axis", -1), shape.Length + 1);
        return axis < 0
            ? call.Unknown("adds an unknown axis")
            : indices.WithShape(
                shape.Insert(axis, call[1].Content is [var depth] ? depth : call.Symbols.Fresh()),
                indices.HasRows && indices.Axis >= axis ? indices.Axis + 1 : indices.Axis);
    }

    public static RowValue Compress(OperatorCall call)
    {
        if (call.RowsBeside() is null)
        {
            return RowValue.Constant();
        }

        var (value, axis) = (call[0], call.Attribute("axis")?.Integer);
        return axis is null || !value.HasRows || call[1].HasRows || OperatorCall.Axis(axis.Value, value.Rank!.Value) is var at
            && (at < 0 || at == value.Axis)
            ? call.Mixed("keeps a data-dependent number of elements")
            : value.WithShape(value.Shape!.Value.SetItem(at, call.Symbols.Fresh()), value.Axis);
    }

    /// <summary>Searches a whole tensor and returns a data-dependent number of elements.</summary>
    public static RowValue Search(OperatorCall call) => call.RowsBeside() is null
        ? RowValue.Constant()
        : call.Mixed("searches across all rows of a run");

    private static RowValue Join(OperatorCall call, RowValue? lead, ImmutableArray<Extent> shape, int axis)
    {
        if (lead is not null && lead.Axis == axis && call.Inputs.Length > 1)
        {
            return call.Unknown("concatenates along the row axis");
        }

        var length = (Extent?)Extent.Of(0);
        foreach (var input in call.Inputs)
        {
            if (input.Rank != shape.Length)
            {
                return lead is null ? RowValue.Constant() : call.Unknown("joins values of unknown rank");
            }

            if (lead is not null && (input.HasRows ? input.Axis != lead.Axis || !input.Block.Equals(lead.Block) : true))
            {
                return input.HasRows ? call.Mixed("combines each row with other rows")
                    : input.Shape!.Value[lead.Axis].IsNumber ? call.Mixed("joins the rows with a constant of a fixed number of rows")
                    : call.Unknown("joins the rows with a value of an unknown number of rows");
            }

            length = length is null ? null : ExtentArithmetic.Sum(call.Symbols, length, input.Shape!.Value[axis]);
        }

        // A sum of sizes is itself a size (not negative), so use a derived symbol instead of a computed one.
        var size = length is { IsNumber: true } ? length : call.Symbols.Derived("concat", [.. Sizes(call, axis)]);
        return (lead ?? call[0]).WithShape(shape.SetItem(axis, size), lead?.Axis ?? -1);
    }

    private static Extent[] Sizes(OperatorCall call, int axis)
    {
        var sizes = new Extent[call.Inputs.Length];
        for (var i = 0; i < sizes.Length; i++)
        {
            sizes[i] = call[i].Shape!.Value[axis];
        }

        return sizes;
    }

    private static ImmutableArray<Extent>? Numbers(OperatorCall call, string attribute) =>
        call.Integers(attribute) is { } numbers ? [.. numbers.Select(Extent.Of)] : null;

    private static ImmutableArray<Extent>? Pick(ImmutableArray<Extent>? content, int rank, ImmutableArray<long>? indices) =>
        content is { } known && rank == 1 && indices is { } places && places.All(place => place >= -known.Length && place < known.Length)
            ? [.. places.Select(place => known[(int)(place < 0 ? place + known.Length : place)])]
            : null;

    private static ImmutableArray<Extent>? Part(RowValue value, ImmutableArray<Extent>? sizes, int index)
    {
        if (value.Rank != 1 || sizes is not { } known || !known.All(size => size.IsNumber))
        {
            return null;
        }

        var start = known.Take(index).Sum(size => size.Factor);
        return Part(value.Content, Extent.Of(start), Extent.Of(start + known[index].Factor));
    }

    private static ImmutableArray<Extent>? Part(ImmutableArray<Extent>? content, Extent start, Extent end)
    {
        if (content is not { } known || !start.IsNumber || !end.IsNumber)
        {
            return null;
        }

        var from = (int)Math.Clamp(start.Factor < 0 ? start.Factor + known.Length : start.Factor, 0, known.Length);
        var to = (int)Math.Clamp(end.Factor < 0 ? end.Factor + known.Length : end.Factor, from, known.Length);
        return known[from..to];
    }

    private static bool IsWhole(Extent start, Extent end, Extent step, Extent size) =>
        start is { IsNumber: true, Factor: 0 } && step.IsOne && (end.Equals(size) || end is { IsNumber: true, Factor: >= int.MaxValue });

    private static Extent Length(OperatorCall call, Extent start, Extent end, Extent step, Extent size)
    {
        if (!start.IsNumber || !end.IsNumber || !step.IsNumber || step.Factor == 0 || !size.IsNumber)
        {
            return call.Symbols.Derived("slice", start, end, step, size);
        }

        var (from, to, length) = (start.Factor, end.Factor, size.Factor);
        from = Math.Clamp(from < 0 ? from + length : from, 0, step.Factor > 0 ? length : Math.Max(0, length - 1));
        to = Math.Clamp(to < 0 ? to + length : to, step.Factor > 0 ? 0 : -1, length);
        var distance = step.Factor > 0 ? to - from : from - to;
        return Extent.Of(distance <= 0 ? 0 : ((distance - 1) / Math.Abs(Math.Max(step.Factor, -long.MaxValue))) + 1);
    }
}
