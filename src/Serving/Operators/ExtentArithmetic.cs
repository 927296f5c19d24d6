using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>Symbolic evaluation of the nodes that compute shapes.</summary>
internal static class ExtentArithmetic
{
    private const int MaxLength = 64;

    /// <summary>The results of an elementwise arithmetic node; null if unknown.</summary>
    public static ImmutableArray<Extent>? Evaluate(OperatorCall call)
    {
        var operands = new List<ImmutableArray<Extent>>();
        var length = 1;
        foreach (var input in call.Inputs)
        {
            // Only scalars and lists are evaluated; shapes need no more axes.
            if (input.Content is not { } content || input.Rank is not (0 or 1) || content.IsEmpty || content.Length > MaxLength)
            {
                return null;
            }

            operands.Add(content);
            length = Math.Max(length, content.Length);
        }

        if (operands.Any(operand => operand.Length != 1 && operand.Length != length))
        {
            return null;
        }

        var values = ImmutableArray.CreateBuilder<Extent>(length);
        for (var i = 0; i < length; i++)
        {
            var at = i;
            if (Evaluate(call, [.. operands.Select(operand => operand[operand.Length == 1 ? 0 : at])]) is not { } value)
            {
                return null;
            }

            values.Add(value);
        }

        return values.MoveToImmutable();
    }

    /// <summary>A sum; recognises zero and differences of equal terms.</summary>
    public static Extent Sum(RowSymbols symbols, Extent left, Extent right)
    {
        if (left.IsNumber && right.IsNumber && !WouldOverflow(left.Factor, right.Factor))
        {
            return Extent.Of(left.Factor + right.Factor);
        }

        return left.Factor == 0 ? right
            : right.Factor == 0 ? left
            : left.Symbols.AsSpan().SequenceEqual(right.Symbols.AsSpan()) && left.Factor == -right.Factor ? Extent.Of(0)
            : string.CompareOrdinal(left.ToString(), right.ToString()) <= 0 ? symbols.Computed("sum", left, right)
            : symbols.Computed("sum", right, left);
    }

    private static bool WouldOverflow(long left, long right) => (Int128)left + right is var sum
        && (sum > long.MaxValue || sum < long.MinValue);

    private static Extent? Evaluate(OperatorCall call, Extent[] values) => (call.Node.Operator, values) switch
    {
        ("Add", [var left, var right]) => Sum(call.Symbols, left, right),
        ("Sub", [var left, var right]) =>
            Sum(call.Symbols, left, Extent.Product(right, Extent.Of(-1)) ?? call.Symbols.Computed("minus", right)),
        ("Mul", [var left, var right]) => Extent.Product(left, right) ?? call.Symbols.Computed("product", left, right),
        ("Div", [var left, var right]) => left.DividedBy(right) ?? call.Symbols.Computed("quotient", left, right),
        ("Min", [var left, var right]) => Least(call.Symbols, left, right, -1),
        ("Max", [var left, var right]) => Least(call.Symbols, left, right, 1),
        ("Equal", [var left, var right]) => Same(left, right),
        ("Where", [{ IsNumber: true } condition, var left, var right]) => condition.Factor != 0 ? left : right,
        _ => null,
    };

    private static Extent Least(RowSymbols symbols, Extent left, Extent right, int sign) =>
        left.Equals(right) ? left
        : left.IsNumber && right.IsNumber ? (left.Factor.CompareTo(right.Factor) == sign ? left : right)
        : symbols.Computed(sign < 0 ? "least" : "greatest", left, right);

    private static Extent? Same(Extent left, Extent right) =>
        left.Equals(right) ? Extent.One
        : left.IsNumber && right.IsNumber ? Extent.Of(0)
        : (RowSymbols.IsSize(left) && right is { IsNumber: true, Factor: < 0 })
            || (RowSymbols.IsSize(right) && left is { IsNumber: true, Factor: < 0 })
            ? Extent.Of(0)
            : null;
}
