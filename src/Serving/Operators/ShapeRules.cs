using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>Operators that change the shape and keep the order of elements, or permute axes.</summary>
internal static class ShapeRules
{
    public static RowValue Reshape(OperatorCall call)
    {
        var value = call[0];
        var target = call.Attribute("shape") is { } given
            ? [.. (given.Integers ?? []).Select(Extent.Of)]
            : call[1].Content;
        if (target is null)
        {
            return value.HasRows ? call.Unknown("reshapes to a computed shape that cannot be tracked")
                : RowValue.Constant();
        }

        var dimensions = target.Value.ToArray();
        var free = -1;
        for (var i = 0; i < dimensions.Length; i++)
        {
            if (dimensions[i] is { IsNumber: true, Factor: 0 } && call.Integer("allowzero", 0) == 0)
            {
                dimensions[i] = value.Shape is { } shape && i < shape.Length ? shape[i] : call.Symbols.Fresh(value.Shape is null);
            }
            else if (dimensions[i] is { IsNumber: true, Factor: < 0 })
            {
                free = i;
            }
        }

        return free < 0 || FillIn(call, value, dimensions, free) is not { } fault ? Regroup(call, value, dimensions) : fault;
    }

    public static RowValue Flatten(OperatorCall call)
    {
        var value = call[0];
        if (value.Shape is not { } shape)
        {
            return value with { Content = null };
        }

        var axis = call.Integer("axis", 1);
        var at = (int)Math.Clamp(axis < 0 ? axis + shape.Length : axis, 0, shape.Length);
        return Regroup(call, value, [Product(call, shape[..at]), Product(call, shape[at..])]);
    }

    public static RowValue Squeeze(OperatorCall call)
    {
        var value = call[0];
        if (value.Shape is not { } shape)
        {
            return value;
        }

        if (call.Attribute("axes") is null && !call.Has(1))
        {
            return SqueezeAll(call, value, shape);
        }

        if (Axes(call, shape.Length) is not { } axes)
        {
            return value.HasRows ? call.Unknown("drops unknown axes")
                : value.WithShape(null, -1) with { Content = value.Content };
        }

        return value.HasRows && axes.Contains(value.Axis)
            ? call.Mixed("drops the row axis, which works for a single row only")
            : Keep(value, [.. Enumerable.Range(0, shape.Length).Where(axis => !axes.Contains(axis))]);
    }

    public static RowValue Unsqueeze(OperatorCall call)
    {
        var value = call[0];
        if (value.Shape is not { } shape)
        {
            return value;
        }

        var count = call.Numbers("axes", 1)?.Length ?? -1;
        if (count < 0 || Axes(call, shape.Length + count) is not { } axes || axes.Count != count)
        {
            return value.HasRows ? call.Unknown("adds unknown axes")
                : value.WithShape(null, -1) with { Content = value.Content };
        }

        var dimensions = shape.ToList();
        var axis = value.Axis;
        foreach (var at in axes.Order())
        {
            dimensions.Insert(at, Extent.One);
            axis += axis >= at && axis >= 0 ? 1 : 0;
        }

        return value.WithShape(dimensions, axis) with { Content = value.Content, Floats = value.Floats };
    }

    public static RowValue Transpose(OperatorCall call)
    {
        var value = call[0];
        if (value.Shape is not { } shape)
        {
            return value with { Content = null };
        }

        var order = call.Integers("perm")?.Select(axis => (int)axis).ToArray() ?? [.. Enumerable.Range(0, shape.Length).Reverse()];
        return order.Order().SequenceEqual(Enumerable.Range(0, shape.Length))
            ? value.WithShape(order.Select(axis => shape[axis]), value.HasRows ? Array.IndexOf(order, value.Axis) : -1)
            : call.Unknown("has a permutation that does not match its input");
    }

    public static RowValue Expand(OperatorCall call) => call[1].Content is { } target
        ? ElementwiseRules.Broadcast(call, call[0].WithOtherNumbers(), OfShape(call, target))
        : call[0].HasRows ? call.Unknown("expands to a computed shape that cannot be tracked") : RowValue.Constant();

    public static RowValue Tile(OperatorCall call)
    {
        var value = call[0];
        if (value.Shape is not { } shape || call[1].Content is not { } times || times.Length != shape.Length)
        {
            return value.HasRows ? call.Unknown("repeats its input in a way that cannot be tracked") : RowValue.Constant();
        }

        if (value.HasRows && !times[value.Axis].IsOne)
        {
            return call.Unknown("repeats the rows");
        }

        return OfShape(call,
            [.. shape.Zip(times, (size, count) => Extent.Product(size, count) ?? call.Symbols.Derived("tile", size, count))], value);
    }

    public static RowValue Shape(OperatorCall call)
    {
        if (call[0].Shape is not { } shape)
        {
            return RowValue.Constant([call.Symbols.Fresh()]);
        }

        var (start, end) = (call.Integer("start", 0), call.Integer("end", long.MaxValue));
        var from = (int)Math.Clamp(start < 0 ? start + shape.Length : start, 0, shape.Length);
        var to = (int)Math.Clamp(end < 0 ? end + shape.Length : end, from, shape.Length);
        return OfContent(shape[from..to], isScalar: false);
    }

    public static RowValue Size(OperatorCall call) =>
        call[0].Shape is { } shape ? OfContent([Product(call, shape)], isScalar: true) : RowValue.Constant([]);

    public static RowValue ConstantOfShape(OperatorCall call)
    {
        if (call[0].Content is not { } shape)
        {
            return RowValue.Constant();
        }

        var value = call.Attribute("value")?.Tensor;
        var content = shape is [{ IsNumber: true, Factor: >= 0 and <= 64 }] && value?.Integers is [var number]
            ? Enumerable.Repeat(Extent.Of(number), (int)shape[0].Factor).ToImmutableArray()
            : (ImmutableArray<Extent>?)null;
        return OfShape(call, shape) with { Content = content };
    }

    public static RowValue Range(OperatorCall call)
    {
        if (call.Numbers(0) is [var start] && call.Numbers(1) is [var limit] && call.Numbers(2) is [var step]
            && step != 0 && Int128.Abs((Int128)limit - start) / Int128.Abs(step) < 64)
        {
            var numbers = ImmutableArray.CreateBuilder<Extent>();
            for (var number = start; step > 0 ? number < limit : number > limit; number += step)
            {
                numbers.Add(Extent.Of(number));
            }

            return OfContent(numbers.ToImmutable(), isScalar: false);
        }

        return RowValue.Constant(
        [
            call.Numbers(0) is [0] && call.Numbers(2) is [1] && call[1].Content is [var length] && RowSymbols.IsSize(length) ? length
                : call.Symbols.Derived("range", [.. new[] { call[0], call[1], call[2] }.Select(input => input.Content is [var number]
                    ? number
                    : call.Symbols.Fresh(input.Kind == RowKind.Count))]),
        ]);
    }

    /// <summary>The same elements in the same order, with other dimensions of the same product.</summary>
    public static RowValue Regroup(OperatorCall call, RowValue value, IReadOnlyList<Extent> dimensions)
    {
        if (!value.HasRows)
        {
            return value.WithShape(dimensions, -1) with { Content = value.Content, Floats = value.Floats };
        }

        var places = Enumerable.Range(0, dimensions.Count).Where(axis => dimensions[axis].FollowsBatch).ToArray();
        if (places is not [var place] || dimensions[place].DividedBy(Extent.Batch) is not { MayFollowBatch: false } block)
        {
            return places.Length == 0 && !dimensions.Any(size => size.MayFollowBatch)
                ? call.Mixed("reshapes to a fixed number of rows")
                : call.Unknown("reshapes in a way that cannot be tracked");
        }

        var (before, target) = (Extent.Product(value.Shape!.Value[..value.Axis]), Extent.Product(dimensions.Take(place)));
        return before is not null && before.Equals(target) ? RowValue.Rows(dimensions, place, block)
            : before is { IsNumber: true } && target is { IsNumber: true } ? call.Mixed("reshapes across the rows")
            : call.Unknown("reshapes in a way that cannot be tracked");
    }

    /// <summary>A uniform value of these dimensions, with rows if the shape has them.</summary>
    private static RowValue OfShape(OperatorCall call, ImmutableArray<Extent> shape, RowValue? like = null)
    {
        if (like is { HasRows: true })
        {
            return like.WithShape(shape, like.Axis);
        }

        var places = Enumerable.Range(0, shape.Length).Where(axis => shape[axis].FollowsBatch).ToArray();
        return places.Length == 0 ? RowValue.Constant(shape)
            : places is [var place] && shape[place].DividedBy(Extent.Batch) is { MayFollowBatch: false } block
                ? RowValue.Rows(shape, place, block)
            : call.Unknown("has a result whose rows cannot be tracked");
    }

    public static RowValue OfContent(ImmutableArray<Extent> content, bool isScalar) =>
        RowValue.Constant(isScalar ? [] : [Extent.Of(content.Length)]) with { Content = content };

    /// <summary>Axes from an attribute or the second input, counted from the start; null if unknown or absent.</summary>
    public static IReadOnlyCollection<int>? Axes(OperatorCall call, int rank) =>
        call.Numbers("axes", 1) is { } axes && axes.Select(axis => OperatorCall.Axis(axis, rank)).ToHashSet() is var known
            && !known.Contains(-1)
            ? known
            : null;

    public static Extent Product(OperatorCall call, ImmutableArray<Extent> shape) =>
        Extent.Product(shape) ?? call.Symbols.Derived("product", shape.AsSpan());

    private static RowValue Keep(RowValue value, IReadOnlyList<int> axes) => value.WithShape(
        axes.Select(axis => value.Shape!.Value[axis]), value.HasRows ? axes.ToList().IndexOf(value.Axis) : -1)
        with
    { Content = value.Content, Floats = value.Floats };

    private static RowValue SqueezeAll(OperatorCall call, RowValue value, ImmutableArray<Extent> shape)
    {
        if (value.HasRows && !(value.Block is { IsNumber: true, Factor: > 1 }))
        {
            return call.Mixed("drops all axes of size 1, including the row axis for a single row");
        }

        return shape.Any(size => !size.IsNumber && !size.FollowsBatch)
            ? value.HasRows ? call.Unknown("drops unknown axes") : value.WithShape(null, -1) with { Content = value.Content }
            : Keep(value, [.. Enumerable.Range(0, shape.Length).Where(axis => !shape[axis].IsOne)]);
    }

    /// <summary>Resolves the dimension given as -1; returns the fault if that is impossible.</summary>
    private static RowValue? FillIn(OperatorCall call, RowValue value, Extent[] dimensions, int free)
    {
        if (value.Shape is not { } shape)
        {
            dimensions[free] = call.Symbols.Fresh(mayFollowBatch: true);
            return null;
        }

        var (all, others) = (Extent.Product(shape), Extent.Product(dimensions.Where((_, axis) => axis != free)));
        if (all is not null && others is not null && all.DividedBy(others) is { } rest)
        {
            dimensions[free] = rest;
            return null;
        }

        if (value.HasRows && all?.DividedBy(Extent.Batch) is { IsNumber: true } && others is { IsNumber: true })
        {
            return call.Mixed("reshapes across the rows");
        }

        // If the total contains as many batch factors as the other dimensions, the remaining one does not depend on the batch.
        var followsNot = all is not null && others is not null && !HasUnknownBatch(all) && !HasUnknownBatch(others)
            && all.Symbols.Count(IsBatch) == others.Symbols.Count(IsBatch);
        dimensions[free] = followsNot
            ? call.Symbols.Fresh()
            : call.Symbols.Derived("rest", [.. shape, .. dimensions.Where((_, axis) => axis != free)]);
        return null;
    }

    private static bool IsBatch(string symbol) => symbol == Extent.Batch.Symbols[0];

    private static bool HasUnknownBatch(Extent extent) => extent.MayFollowBatch
        && extent.Symbols.Any(symbol => symbol[0] == '*' && symbol.Length > 1);
}
