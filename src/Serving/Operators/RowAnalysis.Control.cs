using System.Collections.Immutable;
using Krewe.Serving.OnnxFiles;

namespace Krewe.Serving.Operators;

/// <summary>Control flow operators with subgraphs. Conditions and iteration counts must not depend on the rows.</summary>
internal sealed partial class RowAnalysis
{
    private const int MaxRounds = 4;

    /// <summary>Null for an operator without subgraphs.</summary>
    private RowValue[]? Control(OperatorCall call, RowScope scope)
    {
        if (call.Node.Domain.Length > 0 || call.Node.Operator is not ("If" or "Loop" or "Scan"))
        {
            return null;
        }

        return scope.Depth >= MaxDepth ? [call.Unknown("is nested too deep")]
            : call.Node.Operator switch
            {
                "If" => If(call, scope),
                "Loop" => Loop(call, scope),
                _ => Scan(call, scope),
            };
    }

    private RowValue[] If(OperatorCall call, RowScope scope)
    {
        if (call[0].Kind != RowKind.Constant)
        {
            return [Undecided(call, call[0], "has a condition that depends on the rows or their number")];
        }

        if (call.Attribute("then_branch")?.Graph is not { } then || call.Attribute("else_branch")?.Graph is not { } other)
        {
            return [call.Unknown("lacks a subgraph")];
        }

        if (call.Numbers(0) is [var condition])
        {
            return Run(condition != 0 ? then : other, scope.Enter());
        }

        return [.. Run(then, scope.Enter()).Zip(Run(other, scope.Enter()), (left, right) => Join(call, left, right, "if"))];
    }

    private RowValue[] Loop(OperatorCall call, RowScope scope)
    {
        if (call.Attribute("body")?.Graph is not { } body)
        {
            return [call.Unknown("lacks a subgraph")];
        }

        if (call[0].Kind != RowKind.Constant || call[1].Kind != RowKind.Constant)
        {
            return [Undecided(
                call, call[0].Kind == RowKind.Constant ? call[1] : call[0], "has a row-dependent iteration count")];
        }

        var carried = call.Inputs.Length > 2 ? call.Inputs[2..].ToArray() : [];
        return Rounds(call, carried, isEnded: 1,
            state => Run(body, Bind(scope, body, [RowValue.Constant([]), RowValue.Constant([]), .. state])),
            (value, _) => value.Shape is { } shape
                ? value.WithShape([symbols.Fresh(), .. shape], value.HasRows ? value.Axis + 1 : -1)
                : value.WithShape(null, -1));
    }

    private RowValue[] Scan(OperatorCall call, RowScope scope)
    {
        if (call.Attribute("body")?.Graph is not { } body || call.Opset < 9
            || call.Integer("num_scan_inputs", 0) is not (> 0 and var count) || count > call.Inputs.Length)
        {
            return [call.Unknown("is not known to work row by row")];
        }

        var states = call.Inputs.Length - (int)count;
        var slices = new RowValue[count];
        for (var i = 0; i < count; i++)
        {
            var value = call[states + i];
            if (value.Kind is RowKind.Unknown or RowKind.Mixed)
            {
                return [value];
            }

            if (value.Shape is not { } shape
                || OperatorCall.Axis(At(call.Integers("scan_input_axes"), i), shape.Length) is not (>= 0 and var axis)
                || (value.HasRows && axis == value.Axis))
            {
                return [call.Unknown("iterates over the rows")];
            }

            slices[i] = value.WithShape(shape.RemoveAt(axis), value.Axis > axis ? value.Axis - 1 : value.Axis);
        }

        return Rounds(call, call.Inputs[..states].ToArray(), isEnded: 0, state => Run(body, Bind(scope, body, [.. state, .. slices])),
            (value, index) =>
            value.Shape is { } shape
                && OperatorCall.Axis(At(call.Integers("scan_output_axes"), index), shape.Length + 1) is >= 0 and var axis
                ? value.WithShape(shape.Insert(axis, symbols.Fresh()), value.HasRows && value.Axis >= axis ? value.Axis + 1 : value.Axis)
                : value.HasRows ? call.Unknown("stacks its results along an unknown axis") : value.WithShape(null, -1));
    }

    /// <summary>
    /// Runs a body until the loop-carried values reach a fixed point. The outputs are the condition if <paramref name="isEnded"/> is 1,
    /// then the carried values, then the stacked ones.
    /// </summary>
    private RowValue[] Rounds(
        OperatorCall call, RowValue[] carried, int isEnded, Func<RowValue[], RowValue[]> run, Func<RowValue, int, RowValue> stack)
    {
        var key = $"loop {symbols.Fresh()}";
        for (var round = 0; round < MaxRounds; round++)
        {
            var results = run(carried);
            if (results.Length < carried.Length + isEnded)
            {
                return [call.Unknown("has a body that does not match its inputs")];
            }

            if (isEnded == 1 && results[0].Kind != RowKind.Constant)
            {
                return [Undecided(call, results[0], "has an end condition that depends on the rows")];
            }

            // One iteration is enough to mix rows; a loop with zero iterations is not considered.
            var next = carried.Select((value, i) => results[isEnded + i] is { Kind: RowKind.Mixed } mixed
                ? mixed
                : Join(call, value, results[isEnded + i], $"{key} {i}")).ToArray();
            if (next.Zip(carried).All(pair => IsSame(pair.First, pair.Second)))
            {
                return [.. next, .. results.Skip(isEnded + carried.Length).Select((value, i) =>
                    value.Kind is RowKind.Unknown or RowKind.Mixed ? value : stack(value, i))];
            }

            carried = next;
        }

        return [call.Unknown("carries a value between iterations that cannot be tracked")];
    }

    /// <summary>The result if the choice of a subgraph or the number of iterations depends on the rows.</summary>
    private static RowValue Undecided(OperatorCall call, RowValue decider, string why) =>
        decider.Kind == RowKind.Unknown ? decider : call.Unknown(why);

    private static long At(ImmutableArray<long>? axes, int index) => axes is { } given && index < given.Length ? given[index] : 0;

    private static RowScope Bind(RowScope scope, OnnxGraph body, RowValue[] values)
    {
        var inner = scope.Enter();
        for (var i = 0; i < body.Inputs.Length; i++)
        {
            inner.Set(body.Inputs[i], i < values.Length ? values[i] : Missing(body.Inputs[i]));
        }

        return inner;
    }

    /// <summary>The common knowledge about a value that is one of two.</summary>
    private RowValue Join(OperatorCall call, RowValue left, RowValue right, string key)
    {
        if (left.Kind == RowKind.Mixed && right.Kind == RowKind.Mixed)
        {
            return left;
        }

        if (left.Kind == RowKind.Unknown || right.Kind == RowKind.Unknown)
        {
            return left.Kind == RowKind.Unknown ? left : right;
        }

        if (left.Kind != right.Kind
            || (left.HasRows && (left.Rank != right.Rank || left.Axis != right.Axis || !left.Block.Equals(right.Block))))
        {
            return call.Unknown("depends on the rows in different ways in its two subgraphs");
        }

        ImmutableArray<Extent>? shape = left.Shape is { } a && right.Shape is { } b && a.Length == b.Length
            ? [.. a.Select((size, axis) => size.Equals(b[axis]) ? size : Either(key, axis, size, b[axis]))]
            : null;
        return IsSame(left, right) ? left : left.WithShape(shape, left.Axis);
    }

    private Extent Either(string key, int axis, Extent left, Extent right) =>
        symbols.Derived($"{key} {axis}", left.MayFollowBatch || right.MayFollowBatch ? [Extent.Batch] : []);

    private static bool IsSame(RowValue left, RowValue right) =>
        left.Kind == right.Kind && left.Axis == right.Axis && left.Block.Equals(right.Block)
        && IsSame(left.Shape, right.Shape) && IsSame(left.Content, right.Content);

    private static bool IsSame(ImmutableArray<Extent>? left, ImmutableArray<Extent>? right) =>
        left is { } a && right is { } b ? a.AsSpan().SequenceEqual(b.AsSpan()) : left is null && right is null;
}
