using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>Operators on single elements, or on corresponding elements of several operands.</summary>
internal static class ElementwiseRules
{
    /// <summary>One operand; all other inputs are parameters.</summary>
    public static RowValue Unary(OperatorCall call) =>
        call.RowsBeside(0) is not null ? call.ParameterFromRows() : call[0].WithOtherNumbers();

    /// <summary>Any number of operands, broadcast.</summary>
    public static RowValue Nary(OperatorCall call) => call.Opset < 7 && call.Node.Domain.Length == 0 && call.Integer("broadcast", 0) != 0
        ? call.Unknown("uses the broadcasting rules of operator sets before 7")
        : Broadcast(call, call.Inputs);

    /// <summary>Like <see cref="Nary"/>, also evaluating shape arithmetic where the numbers are known.</summary>
    public static RowValue Arithmetic(OperatorCall call) => Nary(call) with { Content = ExtentArithmetic.Evaluate(call) };

    /// <summary>The first two operands, broadcast; the others are parameters.</summary>
    public static RowValue Binary(OperatorCall call) =>
        call.RowsBeside(0, 1) is not null ? call.ParameterFromRows() : Broadcast(call, [call[0], call[1]]);

    /// <summary>Two quantised operands, each followed by its scale and zero point.</summary>
    public static RowValue QuantisedBinary(OperatorCall call) =>
        call.RowsBeside(0, 3) is not null ? call.ParameterFromRows() : Broadcast(call, [call[0], call[3]]);

    /// <summary>The same element in another type; integers keep their value.</summary>
    public static RowValue Cast(OperatorCall call)
    {
        const long Float = 1, Int32 = 6, Int64 = 7, Double = 11;
        return call.Integer("to", 0) is Float or Int32 or Int64 or Double ? call[0] with { Floats = null } : call[0].WithOtherNumbers();
    }

    /// <summary>The value unchanged.</summary>
    public static RowValue Identity(OperatorCall call) => call[0];

    /// <summary>The value unchanged, except in training.</summary>
    public static RowValue Dropout(OperatorCall call)
    {
        var isTraining = call.Opset < 7 ? call.Integer("is_test", 0) == 0 : call.Has(2) && call.Numbers(2) is not [0];
        return isTraining ? call.Unknown("may drop elements at random") : call[0].WithOtherNumbers();
    }

    /// <summary>The scale and zero point must be constant: one for the tensor, or along another axis than the rows.</summary>
    public static RowValue Quantise(OperatorCall call)
    {
        var (value, scale) = (call[0], call[1]);
        if (call.RowsBeside(0) is not null)
        {
            return call.ParameterFromRows();
        }

        if (!value.HasRows || scale.IsScalar)
        {
            return value.WithOtherNumbers();
        }

        return scale.Rank == 1 && OperatorCall.Axis(call.Integer("axis", 1), value.Rank!.Value) is var axis && axis >= 0
            && axis != value.Axis
            ? value.WithOtherNumbers()
            : call.Unknown("has a separate scale for each row");
    }

    /// <summary>The scale is derived from the minimum and maximum over all rows.</summary>
    public static RowValue QuantiseDynamically(OperatorCall call) => call[0].HasRows
        ? call.Mixed("takes its scale from the least and the greatest number in all rows of a run")
        : call[0].WithOtherNumbers();

    /// <summary>Broadcasts operands, aligned at the last axis.</summary>
    public static RowValue Broadcast(OperatorCall call, params ReadOnlySpan<RowValue> operands)
    {
        var (rank, lead) = (0, (RowValue?)null);
        foreach (var operand in operands)
        {
            if (operand.Shape is null)
            {
                return RowsIn(operands) ? call.Unknown("has an operand of unknown rank") : RowValue.Constant();
            }

            rank = operand.IsAbsent ? rank : Math.Max(rank, operand.Rank!.Value);
            lead ??= operand.HasRows ? operand : null;
        }

        var shape = Dimensions(call, operands, rank);
        if (lead is null)
        {
            return RowValue.Constant(shape);
        }

        var place = lead.Rank!.Value - lead.Axis;
        foreach (var operand in operands)
        {
            if (Fault(call, operand, lead, place) is { } fault)
            {
                return fault;
            }
        }

        return RowValue.Rows(shape.SetItem(rank - place, lead.Shape!.Value[lead.Axis]), rank - place, lead.Block);
    }

    private static bool RowsIn(ReadOnlySpan<RowValue> operands)
    {
        foreach (var operand in operands)
        {
            if (operand.HasRows)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What prevents an operand from being combined with one whose rows are at this axis, counted from the end.</summary>
    private static RowValue? Fault(OperatorCall call, RowValue operand, RowValue lead, int place)
    {
        var rank = operand.Rank!.Value;
        if (operand.HasRows)
        {
            return rank - operand.Axis != place ? call.Mixed("combines each row with every other row")
                : operand.Block.Equals(lead.Block) ? null : call.Unknown("combines rows of different lengths");
        }

        if (rank < place || operand.Shape!.Value[rank - place].IsOne)
        {
            return null;
        }

        return operand.Shape!.Value[rank - place].IsNumber
            ? call.Mixed("has a constant that differs by row")
            : call.Unknown("has an operand that may differ by row");
    }

    private static ImmutableArray<Extent> Dimensions(OperatorCall call, ReadOnlySpan<RowValue> operands, int rank)
    {
        var shape = new Extent[rank];
        Array.Fill(shape, Extent.One);
        foreach (var operand in operands)
        {
            var offset = rank - (operand.IsAbsent ? 0 : operand.Rank!.Value);
            for (var axis = offset; axis < rank; axis++)
            {
                shape[axis] = Joined(call, shape[axis], operand.Shape!.Value[axis - offset]);
            }
        }

        return [.. shape];
    }

    private static Extent Joined(OperatorCall call, Extent left, Extent right) =>
        left.IsOne || left.Equals(right) ? right
        : right.IsOne || left.IsNumber ? left
        : right.IsNumber ? right
        : call.Symbols.Derived("broadcast", left, right);
}
