using System.Collections.Immutable;
using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Tensors;

/// <summary>
/// A named tensor: element type, shape, and data in the protocol's binary form (little-endian, row-major, no padding; see
/// <see cref="TensorType.Bytes"/> for strings). It owns its memory if created with an owner.
/// </summary>
public sealed class Tensor : IDisposable
{
    private readonly IDisposable? owner;

    private Tensor(
        string name, TensorType type, ImmutableArray<long> shape, long elementCount, ReadOnlyMemory<byte> data, IDisposable? owner)
    {
        (Name, Type, Shape, ElementCount, Data) = (name, type, shape, elementCount, data);
        this.owner = owner;
    }

    /// <summary>The name of the input or output.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public TensorType Type { get; }

    /// <summary>The dimensions, outermost first, none negative; empty for a scalar.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>The number of elements.</summary>
    public long ElementCount { get; }

    /// <summary>The elements' bytes; do not use after <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>
    /// Creates a tensor after validating the data against type and shape. Otherwise throws <see cref="KreweException"/> with
    /// <see cref="KreweErrorCode.InvalidInput"/>, and the caller keeps <paramref name="owner"/>.
    /// </summary>
    public static Tensor Create(
        string name, TensorType type, ImmutableArray<long> shape, ReadOnlyMemory<byte> data, IDisposable? owner = null)
    {
        if (!TensorShape.TryCountElements(shape.AsSpan(), out var count))
        {
            throw KreweException.InvalidInput(
                $"tensor '{ErrorText.Quote(name)}' has shape {TensorShape.Format(shape)}: expected dimensions of 0 or more whose product "
                    + "fits 63 bits");
        }

        return type == TensorType.Bytes
            ? CreateBytes(name, shape, count, data, owner)
            : CreateFixed(name, type, shape, count, data, owner);
    }

    /// <summary>The same for internally produced data; validated in debug builds only.</summary>
    public static Tensor CreateTrusted(
        string name, TensorType type, ImmutableArray<long> shape, long elementCount, ReadOnlyMemory<byte> data, IDisposable? owner = null)
    {
        System.Diagnostics.Debug.Assert(
            type == TensorType.Bytes || data.Length == elementCount * type.ElementSize(), "data and shape must agree");
        return new Tensor(name, type, shape, elementCount, data, owner);
    }

    /// <inheritdoc/>
    public void Dispose() => owner?.Dispose();

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Type.WireName()}{TensorShape.Format(Shape)}";

    private static Tensor CreateFixed(
        string name, TensorType type, ImmutableArray<long> shape, long count, ReadOnlyMemory<byte> data, IDisposable? owner)
    {
        var size = type.ElementSize();
        if (count > long.MaxValue / size || data.Length != count * size)
        {
            throw KreweException.InvalidInput(
                $"tensor '{ErrorText.Quote(name)}' {type.WireName()}{TensorShape.Format(shape)} needs {(Int128)count * size} bytes of "
                    + $"data, got {data.Length}");
        }

        return new Tensor(name, type, shape, count, data, owner);
    }

    private static Tensor CreateBytes(
        string name, ImmutableArray<long> shape, long count, ReadOnlyMemory<byte> data, IDisposable? owner)
    {
        if (!BytesElements.TryCount(data.Span, out var found))
        {
            throw KreweException.InvalidInput(
                $"tensor '{ErrorText.Quote(name)}' BYTES: element {found} has a length that points past the end of the data");
        }

        if (found != count)
        {
            throw KreweException.InvalidInput(
                $"tensor '{ErrorText.Quote(name)}' BYTES{TensorShape.Format(shape)} needs {count} elements, got {found}");
        }

        return new Tensor(name, TensorType.Bytes, shape, count, data, owner);
    }
}
