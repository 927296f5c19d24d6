using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>Operators that work on each element by itself, or on elements of several operands at the same place.</summary>
internal static class ElementwiseRules
{
    /// <summary>One operand; everything else is a parameter.</summary>
    public static RowValue Unary(OperatorCall call) =>
        call.RowsBeside(0) is not null ? call.ParameterFromRows() : call[0].WithOtherNumbers();

    /// <summary>Any number of operands, broadcast.</summary>
    public static RowValue Nary(OperatorCall call) => call.Opset < 7 && call.Node.Domain.Length == 0 && call.Integer("broadcast", 0) != 0
        ? call.Unknown("broadcasts as operator sets before 7 do")
        : Broadcast(call, call.Inputs);

    /// <summary>As <see cref="Nary"/>, with the numbers of shapes where they are known.</summary>
    public static RowValue Arithmetic(OperatorCall call) => Nary(call) with { Content = ExtentArithmetic.Evaluate(call) };

    /// <summary>The first two operands, broadcast; the rest are parameters.</summary>
    public static RowValue Binary(OperatorCall call) =>
        call.RowsBeside(0, 1) is not null ? call.ParameterFromRows() : Broadcast(call, [call[0], call[1]]);

    /// <summary>Two quantised operands, each followed by its scale and zero point.</summary>
    public static RowValue QuantisedBinary(OperatorCall call) =>
        call.RowsBeside(0, 3) is not null ? call.ParameterFromRows() : Broadcast(call, [call[0], call[3]]);

    /// <summary>The same element in another type; whole numbers stay what they are.</summary>
    public static RowValue Cast(OperatorCall call)
    {
        const long Float = 1, Int32 = 6, Int64 = 7, Double = 11;
        return call.Integer("to", 0) is Float or Int32 or Int64 or Double ? call[0] with { Floats = null } : call[0].WithOtherNumbers();
    }

    /// <summary>The value itself.</summary>
    public static RowValue Identity(OperatorCall call) => call[0];

    /// <summary>The value itself, but in training.</summary>
    public static RowValue Dropout(OperatorCall call)
    {
        var isTraining = call.Opset < 7 ? call.Integer("is_test", 0) == 0 : call.Has(2) && call.Numbers(2) is not [0];
        return isTraining ? call.Unknown("may drop numbers at random") : call[0].WithOtherNumbers();
    }

    /// <summary>A scale and a zero point that are constant: of the whole, or along an axis that is not that of the rows.</summary>
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
            : call.Unknown("has a scale of its own for each row");
    }

    /// <summary>The scale follows from the least and the greatest number of all rows.</summary>
    public static RowValue QuantiseDynamically(OperatorCall call) => call[0].HasRows
        ? call.Mixed("takes its scale from the least and the greatest number in all rows of a run")
        : call[0].WithOtherNumbers();

    /// <summary>Operands side by side, aligned at their last axis.</summary>
    public static RowValue Broadcast(OperatorCall call, params ReadOnlySpan<RowValue> operands)
    {
        var (rank, lead) = (0, (RowValue?)null);
        foreach (var operand in operands)
        {
            if (operand.Shape is null)
            {
                return RowsIn(operands) ? call.Unknown("has an operand whose rank is not known") : RowValue.Constant();
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

    /// <summary>What is wrong with an operand beside one whose rows lie at this place, counted from the end.</summary>
    private static RowValue? Fault(OperatorCall call, RowValue operand, RowValue lead, int place)
    {
        var rank = operand.Rank!.Value;
        if (operand.HasRows)
        {
            return rank - operand.Axis != place ? call.Mixed("puts each row together with every other row")
                : operand.Block.Equals(lead.Block) ? null : call.Unknown("puts rows together that have different lengths");
        }

        if (rank < place || operand.Shape!.Value[rank - place].IsOne)
        {
            return null;
        }

        return operand.Shape!.Value[rank - place].IsNumber
            ? call.Mixed("has a constant that is different for each row of a run")
            : call.Unknown("has an operand that may be different for each row of a run");
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
