using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>What nodes that compute shapes make of sizes, as far as it can be said before a run.</summary>
internal static class ExtentArithmetic
{
    private const int MaxLength = 64;

    /// <summary>The numbers that a node of elementwise arithmetic makes; null where they are not known.</summary>
    public static ImmutableArray<Extent>? Evaluate(OperatorCall call)
    {
        var operands = new List<ImmutableArray<Extent>>();
        var length = 1;
        foreach (var input in call.Inputs)
        {
            // Numbers are kept for scalars and lists; more axes are not needed for shapes.
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

    /// <summary>A sum, in which nothing and differences to itself are seen.</summary>
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
