namespace Krewe.Serving.Operators;

/// <summary>Products of matrices: rows stay apart unless the sum runs over them, or both sides have them.</summary>
internal static class ProductRules
{
    public static RowValue MatMul(OperatorCall call) => Product(call, call[0], call[1], call.RowsBeside(0, 1) is not null);

    /// <summary>Two operands, each of the first with its scale and zero point behind it.</summary>
    public static RowValue QuantisedMatMul(OperatorCall call) => Product(call, call[0], call[3], call.RowsBeside(0, 3) is not null);

    /// <summary>Whole numbers, whose zero points must be constants for the whole, or for columns of the second.</summary>
    public static RowValue MatMulInteger(OperatorCall call) => call.Has(2) && !call[2].IsScalar && call.RowsBeside() is not null
        ? call.Unknown("has a zero point that may be different for each row of a run")
        : MatMul(call);

    /// <summary>The first operand is quantised by its own numbers, all rows of a run together.</summary>
    public static RowValue DynamicQuantised(OperatorCall call) => call.RowsBeside() is null
        ? RowValue.Constant()
        : call.Mixed("takes its scale from the least and the greatest number in all rows of a run");

    /// <summary>Operands that may be transposed, with a third added.</summary>
    public static RowValue Gemm(OperatorCall call)
    {
        var product = Product(
            call, Turn(call[0], call.Integer("transA", 0)), Turn(call[1], call.Integer("transB", 0)), call.RowsBeside(0, 1, 2) is not null);
        return call.Has(2) && product.Kind is RowKind.Rows or RowKind.Constant ? ElementwiseRules.Broadcast(call, product, call[2])
            : product;
    }

    /// <summary>Quantised operands in pairs of three, and a third added that is constant.</summary>
    public static RowValue QuantisedGemm(OperatorCall call) => Product(
        call, Turn(call[0], call.Integer("transA", 0)), Turn(call[3], call.Integer("transB", 0)), call.RowsBeside(0, 3) is not null);

    /// <summary>As <see cref="MatMul"/>, with the last two axes of an operand exchanged on request.</summary>
    public static RowValue FusedMatMul(OperatorCall call) => call.Integer("transBatchA", 0) != 0 || call.Integer("transBatchB", 0) != 0
        ? call.Unknown("exchanges batch axes")
        : Product(
            call, Turn(call[0], call.Integer("transA", 0)), Turn(call[1], call.Integer("transB", 0)), call.RowsBeside(0, 1) is not null);

    /// <summary>Weights that are packed in a form of their own; <c>N</c> says how many columns they make.</summary>
    public static RowValue PackedWeights(OperatorCall call)
    {
        var value = AxisRules.Over(call, call[0], [-1]);
        return call.RowsBeside(0) is not null ? call.ParameterFromRows()
            : value.Shape is { IsEmpty: false } shape
                ? value.WithShape([.. shape[..^1], call.Attribute("N")?.Integer is { } columns ? Extent.Of(columns)
                    : call.Symbols.Fresh()], value.Axis)
            : value;
    }

    /// <summary>Sums over letters; the letter of the rows must be on every side and is not summed over.</summary>
    public static RowValue Einsum(OperatorCall call)
    {
        var equation = (call.Text("equation") ?? "").Replace(" ", "", StringComparison.Ordinal);
        var sides = equation.Split("->");
        var terms = sides[0].Split(',');
        if (call.RowsBeside() is null)
        {
            return RowValue.Constant();
        }

        if (sides.Length != 2 || equation.Contains('.', StringComparison.Ordinal) || terms.Length != call.Inputs.Length)
        {
            return call.Unknown($"has the equation '{equation}', which is not followed");
        }

        return Einsum(call, terms, sides[1]);
    }

    private static RowValue Einsum(OperatorCall call, string[] terms, string result)
    {
        var sizes = new Dictionary<char, Extent>();
        var (letter, block) = ('\0', Extent.One);
        for (var i = 0; i < terms.Length; i++)
        {
            if (call[i].Shape is not { } shape || shape.Length != terms[i].Length || terms[i].Distinct().Count() != shape.Length)
            {
                return call.Unknown("has an operand that does not fit its equation");
            }

            for (var axis = 0; axis < shape.Length; axis++)
            {
                sizes[terms[i][axis]] = sizes.TryGetValue(terms[i][axis], out var known) && !known.IsOne ? known : shape[axis];
            }

            if (!call[i].HasRows)
            {
                continue;
            }

            if (letter != '\0' && letter != terms[i][call[i].Axis])
            {
                return call.Mixed("puts each row together with every other row");
            }

            (letter, block) = (terms[i][call[i].Axis], call[i].Block);
        }

        for (var i = 0; i < terms.Length; i++)
        {
            var at = terms[i].IndexOf(letter, StringComparison.Ordinal);
            if (call[i].HasRows ? !call[i].Block.Equals(block) : at >= 0 && !call[i].Shape!.Value[at].IsOne)
            {
                return call.Unknown("has operands whose rows do not fit");
            }
        }

        return !result.Contains(letter, StringComparison.Ordinal) ? call.Mixed("sums over the rows")
            : result.Distinct().Count() != result.Length || !result.All(sizes.ContainsKey)
                ? call.Unknown("has a result that does not fit its equation")
            : RowValue.Rows(result.Select(part => part == letter ? Extent.Product(Extent.Batch, block)! : sizes[part]),
                result.IndexOf(letter, StringComparison.Ordinal), block);
    }

    private static RowValue Turn(RowValue value, long isTurned) => isTurned == 0 || value.Shape is not { Length: >= 2 } shape
        ? value
        : value.WithShape(
            [.. shape[..^2], shape[^1], shape[^2]],
            value.Axis == shape.Length - 1 ? value.Axis - 1 : value.Axis == shape.Length - 2 ? value.Axis + 1 : value.Axis);

    private static RowValue Product(OperatorCall call, RowValue left, RowValue right, bool hasOtherRows)
    {
        if (hasOtherRows)
        {
            return call.ParameterFromRows();
        }

        if (left.Shape is not { IsEmpty: false } a || right.Shape is not { IsEmpty: false } b)
        {
            return left.HasRows || right.HasRows ? call.Unknown("multiplies with something whose rank is not known") : RowValue.Constant();
        }

        // The axis that is summed over: the last of the left side, the last but one of the right.
        if ((left.HasRows && left.Axis == a.Length - 1) || (right.HasRows && right.Axis == Math.Max(0, b.Length - 2)))
        {
            return call.Mixed("sums over the rows");
        }

        // What is left is broadcast: stacks of matrices with each other, and each side's own axis with one place of the other.
        var isVector = (Left: a.Length == 1, Right: b.Length == 1);
        RowValue[] sides =
        [
            left.WithShape(isVector.Left ? [Extent.One, Extent.One] : [.. a[..^1], Extent.One], left.Axis),
            right.WithShape(isVector.Right ? [Extent.One, Extent.One] : [.. b[..^2], Extent.One, b[^1]], right.Axis),
        ];
        var result = ElementwiseRules.Broadcast(call, sides);
        if (result.Shape is not { } shape)
        {
            return result;
        }

        var (dimensions, axis) = (shape.ToList(), result.Axis);
        if (isVector.Right)
        {
            dimensions.RemoveAt(dimensions.Count - 1);
        }

        if (isVector.Left)
        {
            var at = dimensions.Count - (isVector.Right ? 1 : 2);
            dimensions.RemoveAt(at);
            axis = axis > at ? axis - 1 : axis;
        }

        return result.WithShape(dimensions, axis);
    }
}
