using System.Collections.Immutable;

namespace Krewe.Serving;

/// <summary>An attribute of a node. What is not kept of it (strings in lists, types, sparse tensors) is null.</summary>
internal sealed record OnnxAttribute(string Name)
{
    /// <summary>In a function: the attribute of the call that takes its place.</summary>
    public string? Reference { get; init; }

    public long? Integer { get; init; }

    public float? Float { get; init; }

    public string? Text { get; init; }

    public ImmutableArray<long>? Integers { get; init; }

    public ImmutableArray<float>? Floats { get; init; }

    public OnnxConstant? Tensor { get; init; }

    public OnnxGraph? Graph { get; init; }
}
