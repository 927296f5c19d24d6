using System.Collections.Immutable;

namespace Krewe.Abstractions.Tensors;

/// <summary>The signature of one input or output. A dimension of -1 is free.</summary>
public sealed record TensorSpec(string Name, TensorType Type, ImmutableArray<long> Shape)
{
    /// <summary>True if the model leaves the rank open; <see cref="Shape"/> is then <c>[-1]</c>.</summary>
    public bool AnyRank { get; init; }

    /// <summary>True if a tensor of this shape is valid for this input or output.</summary>
    public bool Accepts(ReadOnlySpan<long> shape)
    {
        if (AnyRank)
        {
            return true;
        }

        if (shape.Length != Shape.Length)
        {
            return false;
        }

        for (var i = 0; i < shape.Length; i++)
        {
            if (Shape[i] >= 0 && Shape[i] != shape[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Type.WireName()}{TensorShape.Format(Shape)}";
}
