namespace Krewe.Onnx.Building;

/// <summary>
/// A dimension of a declared shape: a number (<c>4</c>), the name of a free dimension (<c>"batch"</c>), or <see cref="Free"/>.
/// </summary>
public readonly record struct Dimension
{
    private Dimension(long? size, string? name)
    {
        Size = size;
        Name = name;
    }

    /// <summary>A free, unnamed dimension.</summary>
    public static Dimension Free => default;

    /// <summary>The fixed size, or null if free.</summary>
    public long? Size { get; }

    /// <summary>The name of a free dimension, or null.</summary>
    public string? Name { get; }

    public static implicit operator Dimension(long size) => FromInt64(size);

    public static implicit operator Dimension(string name) => FromString(name);

    /// <summary>A fixed dimension.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is negative.</exception>
    public static Dimension FromInt64(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        return new Dimension(size, null);
    }

    /// <summary>A named free dimension; dimensions of one model with the same name are equal at run time.</summary>
    public static Dimension FromString(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new Dimension(null, name);
    }
}
