using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>What is known of a value of a graph before a run.</summary>
internal sealed record RowValue(RowKind Kind)
{
    /// <summary>An omitted optional input.</summary>
    public static RowValue Absent { get; } = new(RowKind.Constant) { IsAbsent = true };

    /// <summary>True for an omitted optional input.</summary>
    public bool IsAbsent { get; private init; }

    /// <summary>Its dimensions; null if the rank is unknown. Never null for <see cref="RowKind.Rows"/>.</summary>
    public ImmutableArray<Extent>? Shape { get; init; }

    /// <summary>The row axis; -1 if there is none.</summary>
    public int Axis { get; init; } = -1;

    /// <summary>The number of adjacent indices along <see cref="Axis"/> that belong to one row.</summary>
    public Extent Block { get; init; } = Extent.One;

    /// <summary>The symbolic values, if integer and few; those of a shape, for instance.</summary>
    public ImmutableArray<Extent>? Content { get; init; }

    /// <summary>The values of a small single-precision constant.</summary>
    public ImmutableArray<float>? Floats { get; init; }

    /// <summary>Why it is mixed or unknown, as a sentence.</summary>
    public string? Reason { get; init; }

    public int? Rank => Shape?.Length;

    public bool HasRows => Kind == RowKind.Rows;

    /// <summary>True if it has exactly one element, of any rank.</summary>
    public bool IsScalar => Shape is { } shape && shape.All(size => size.IsOne);

    public static RowValue Constant(ImmutableArray<Extent>? shape = null) => new(RowKind.Constant) { Shape = shape };

    public static RowValue Rows(IEnumerable<Extent> shape, int axis, Extent block) =>
        new(RowKind.Rows) { Shape = [.. shape], Axis = axis, Block = block };

    /// <summary>The same dependence with another shape, and unknown content.</summary>
    public RowValue WithShape(IEnumerable<Extent>? shape, int axis) => this with
    {
        Shape = shape is null ? null : [.. shape],
        Axis = axis,
        Block = axis < 0 ? Extent.One : Block,
        Content = null,
        Floats = null,
    };

    /// <summary>The same dependence and shape, with unknown content.</summary>
    public RowValue WithOtherNumbers() => this with { Content = null, Floats = null };
}
