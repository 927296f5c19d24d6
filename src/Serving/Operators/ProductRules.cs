namespace Krewe.Serving.Operators;

/// <summary>Matrix products: rows stay separate unless the sum runs over them or both operands have them.</summary>
internal static class ProductRules
{
    public static RowValue MatMul(OperatorCall call) => Product(call, call[0], call[1], call.RowsBeside(0, 1) is not null);

    /// <summary>Two operands, each followed by its scale and zero point.</summary>
    public static RowValue QuantisedMatMul(OperatorCall call) => Product(call, call[0], call[3], call.RowsBeside(0, 3) is not null);

    /// <summary>Integer operands; zero points must be constant, per tensor or per column of the second operand.</summary>
    public static RowValue MatMulInteger(OperatorCall call) => call.Has(2) && !call[2].IsScalar && call.RowsBeside() is not null
        ? call.Unknown("has a zero point that may differ by row")
        : MatMul(call);

    /// <summary>The first operand is quantised by the range of all rows of a run.</summary>
    public static RowValue DynamicQuantised(OperatorCall call) => call.RowsBeside() is null
        ? RowValue.Constant()
        : call.Mixed("takes its scale from the least and the greatest number in all rows of a run");

    /// <summary>Operands that may be transposed, plus an optional third.</summary>
    public static RowValue Gemm(OperatorCall call)
    {
        var product = Product(
            call, Swap(call[0], call.Integer("transA", 0)), Swap(call[1], call.Integer("transB", 0)), call.RowsBeside(0, 1, 2) is not null);
        return call.Has(2) && product.Kind is RowKind.Rows or RowKind.Constant ? ElementwiseRules.Broadcast(call, product, call[2])
            : product;
    }

    /// <summary>Quantised operands, each with scale and zero point, plus a constant third.</summary>
    public static RowValue QuantisedGemm(OperatorCall call) => Product(
        call, Swap(call[0], call.Integer("transA", 0)), Swap(call[3], call.Integer("transB", 0)), call.RowsBeside(0, 3) is not null);

    /// <summary>Like <see cref="MatMul"/>, with optional transposition of the last two axes.</summary>
    public static RowValue FusedMatMul(OperatorCall call) => call.Integer("transBatchA", 0) != 0 || call.Integer("transBatchB", 0) != 0
        ? call.Unknown("transposes batch axes")
        : Product(
            call, Swap(call[0], call.Integer("transA", 0)), Swap(call[1], call.Integer("transB", 0)), call.RowsBeside(0, 1) is not null);

    /// <summary>Weights in a packed format; <c>N</c> is their number of columns.</summary>
    public static RowValue PackedWeights(OperatorCall call)
    {
        var value = AxisRules.Over(call, call[0], [-1]);
        return call.RowsBeside(0) is not null ? call.ParameterFromRows()
            : value.Shape is { IsEmpty: false } shape
                ? value.WithShape([.. shape[..^1], call.Attribute("N")?.Integer is { } columns ? Extent.Of(columns)
                    : call.Symbols.Fresh()], value.Axis)
            : value;
    }

    /// <summary>Sums over letters; the letter of the rows must be in every term and not be summed over.</summary>
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
            return call.Unknown($"has the equation '{equation}', which is not supported");
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
                return call.Unknown("has an operand that does not match its equation");
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
                return call.Mixed("combines each row with every other row");
            }

            (letter, block) = (terms[i][call[i].Axis], call[i].Block);
        }

        for (var i = 0; i < terms.Length; i++)
        {
            var at = terms[i].IndexOf(letter, StringComparison.Ordinal);
            if (call[i].HasRows ? !call[i].Block.Equals(block) : at >= 0 && !call[i].Shape!.Value[at].IsOne)
            {
                return call.Unknown("has operands with different rows");
            }
        }

        return !result.Contains(letter, StringComparison.Ordinal) ? call.Mixed("sums over the rows")
            : result.Distinct().Count() != result.Length || !result.All(sizes.ContainsKey)
                ? call.Unknown("has a result that does not match its equation")
            : RowValue.Rows(result.Select(part => part == letter ? Extent.Product(Extent.Batch, block)! : sizes[part]),
                result.IndexOf(letter, StringComparison.Ordinal), block);
    }

    /// <summary>Swaps the last two axes if requested.</summary>
    private static RowValue Swap(RowValue value, long isTransposed) => isTransposed == 0 || value.Shape is not { Length: >= 2 } shape
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
            return left.HasRows || right.HasRows ? call.Unknown("has an operand of unknown rank") : RowValue.Constant();
        }

        // The summed axis: the last of the left operand, the last but one of the right.
        if ((left.HasRows && left.Axis == a.Length - 1) || (right.HasRows && right.Axis == Math.Max(0, b.Length - 2)))
        {
            return call.Mixed("sums over the rows");
        }

        // The other axes are broadcast: matrix stacks against each other, and each operand's own axis against size 1 of the other.
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
