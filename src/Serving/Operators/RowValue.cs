using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>What is known of one value of a graph before a run.</summary>
internal sealed record RowValue(RowKind Kind)
{
    /// <summary>An optional input that is left out.</summary>
    public static RowValue Absent { get; } = new(RowKind.Constant) { IsAbsent = true };

    /// <summary>True for an optional input that is left out.</summary>
    public bool IsAbsent { get; private init; }

    /// <summary>Its dimensions; null where not even their number is known. Always there for <see cref="RowKind.Rows"/>.</summary>
    public ImmutableArray<Extent>? Shape { get; init; }

    /// <summary>The axis that belongs to the rows; -1 where there is none.</summary>
    public int Axis { get; init; } = -1;

    /// <summary>How many places along <see cref="Axis"/> belong to each row, side by side.</summary>
    public Extent Block { get; init; } = Extent.One;

    /// <summary>The numbers in it, where they are whole, few, and known as far as extents go; those of a shape, for instance.</summary>
    public ImmutableArray<Extent>? Content { get; init; }

    /// <summary>The numbers of a small constant of single precision.</summary>
    public ImmutableArray<float>? Floats { get; init; }

    /// <summary>Why it is mixed or unknown, as a sentence.</summary>
    public string? Reason { get; init; }

    public int? Rank => Shape?.Length;

    public bool HasRows => Kind == RowKind.Rows;

    /// <summary>True where it is one number, whatever its rank.</summary>
    public bool IsScalar => Shape is { } shape && shape.All(size => size.IsOne);

    public static RowValue Constant(ImmutableArray<Extent>? shape = null) => new(RowKind.Constant) { Shape = shape };

    public static RowValue Rows(IEnumerable<Extent> shape, int axis, Extent block) =>
        new(RowKind.Rows) { Shape = [.. shape], Axis = axis, Block = block };

    /// <summary>The same dependence with another shape, and without what was known of the numbers.</summary>
    public RowValue WithShape(IEnumerable<Extent>? shape, int axis) => this with
    {
        Shape = shape is null ? null : [.. shape],
        Axis = axis,
        Block = axis < 0 ? Extent.One : Block,
        Content = null,
        Floats = null,
    };

    /// <summary>The same dependence and shape, with other numbers in it.</summary>
    public RowValue WithOtherNumbers() => this with { Content = null, Floats = null };
}
