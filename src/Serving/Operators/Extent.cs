using System.Collections.Immutable;
using System.Globalization;

namespace Krewe.Serving.Operators;

/// <summary>
/// A symbolic size: a number times symbols, each of which stands for one unknown size. Equal extents are equal in every run; different ones
/// may be equal by chance.
/// </summary>
internal sealed class Extent : IEquatable<Extent>
{
    private const string BatchSymbol = "*";
    private const int MaxSymbols = 8;

    private Extent(long factor, ImmutableArray<string> symbols) => (Factor, Symbols) = (factor, factor == 0 ? [] : symbols);

    /// <summary>The number of rows in a run.</summary>
    public static Extent Batch { get; } = new(1, [BatchSymbol]);

    public static Extent One { get; } = new(1, []);

    public long Factor { get; }

    /// <summary>The symbols, sorted; a symbol can occur several times.</summary>
    public ImmutableArray<string> Symbols { get; }

    /// <summary>True if it is a plain number.</summary>
    public bool IsNumber => Symbols.IsEmpty;

    public bool IsOne => IsNumber && Factor == 1;

    /// <summary>True if it depends on the number of rows.</summary>
    public bool FollowsBatch => Symbols.Contains(BatchSymbol);

    /// <summary>True if it may depend on the number of rows.</summary>
    public bool MayFollowBatch => Symbols.Any(symbol => symbol[0] == BatchSymbol[0]);

    /// <summary>Whether a symbol is the number of rows itself.</summary>
    public static bool IsBatch(string symbol) => symbol == BatchSymbol;

    public static Extent Of(long number) => new(number, []);

    /// <summary>An unknown size; <paramref name="mayFollowBatch"/> if it may depend on the number of rows.</summary>
    public static Extent Unknown(string name, bool mayFollowBatch) => new(1, [mayFollowBatch ? $"{BatchSymbol}{name}" : $"?{name}"]);

    /// <summary>Null if the product cannot be represented.</summary>
    public static Extent? Product(Extent? left, Extent? right) =>
        left is null || right is null || left.Symbols.Length + right.Symbols.Length > MaxSymbols
            || Math.BigMul(left.Factor, right.Factor) is var product && (product > long.MaxValue || product < long.MinValue)
            ? null
            : new Extent(left.Factor * right.Factor, [.. left.Symbols.Concat(right.Symbols).Order(StringComparer.Ordinal)]);

    /// <summary>The product of several; null if it cannot be represented.</summary>
    public static Extent? Product(IEnumerable<Extent> extents) => extents.Aggregate((Extent?)One, Product);

    /// <summary>Null unless it is known to divide evenly.</summary>
    public Extent? DividedBy(Extent divisor)
    {
        if (divisor.Factor == 0 || divisor.Factor == -1 || Factor % divisor.Factor != 0)
        {
            return null;
        }

        var rest = Symbols.ToList();
        return divisor.Symbols.All(rest.Remove) ? new Extent(Factor / divisor.Factor, [.. rest]) : null;
    }

    public bool Equals(Extent? other) => other is not null && Factor == other.Factor
        && Symbols.AsSpan().SequenceEqual(other.Symbols.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as Extent);

    public override int GetHashCode() => HashCode.Combine(Factor, Symbols.Length, Symbols.IsEmpty ? null : Symbols[0]);

    public override string ToString() =>
        string.Join('·', Symbols.Prepend(Factor.ToString(CultureInfo.InvariantCulture)));
}
