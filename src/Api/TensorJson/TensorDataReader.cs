using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.TensorJson;

/// <summary>Reads a tensor's JSON data into its binary form, in pooled memory.</summary>
internal static class TensorDataReader
{
    /// <summary>
    /// Reads the data at the cursor. Before allocating, checks that the remaining bytes can hold the shape's elements.
    /// </summary>
    public static Tensor Read(
        ref JsonCursor cursor, string name, TensorType type, ImmutableArray<long> shape, long count, bool acceptsBase64 = false)
    {
        var subject = new TensorSubject(name, type, shape.AsSpan());
        RefuseWithoutJsonForm(subject);

        // Every element takes at least one byte, and a comma after all but the last.
        if (count > (cursor.Remaining + 1L) / 2)
        {
            throw cursor.Wrong(
                $"{subject.Name}: shape {TensorShape.Format(shape)} needs {count} values, more than the {cursor.Remaining} bytes that are "
                    + "left can hold");
        }

        return type == TensorType.Bytes
            ? ReadBytes(ref cursor, name, subject, shape, count, acceptsBase64)
            : ReadFixed(ref cursor, name, subject, shape, count);
    }

    /// <summary>Throws for types that have a binary form only.</summary>
    public static void RefuseWithoutJsonForm(TensorSubject subject)
    {
        if (subject.Type is TensorType.Float16 or TensorType.BFloat16)
        {
            throw KreweException.InvalidInput($"{subject.Name}: {subject.Type.WireName()} has no JSON form: send it as binary data");
        }
    }

    /// <summary>Reads elements of fixed size into <paramref name="destination"/>, which has exactly their size.</summary>
    public static void ReadInto(ref JsonCursor cursor, TensorSubject subject, long count, Span<byte> destination)
    {
        switch (subject.Type)
        {
            case TensorType.Bool: Read<byte, BooleanElement>(ref cursor, subject, count, destination); break;
            case TensorType.UInt8: Read<byte, IntegerElement<byte>>(ref cursor, subject, count, destination); break;
            case TensorType.UInt16: Read<ushort, IntegerElement<ushort>>(ref cursor, subject, count, destination); break;
            case TensorType.UInt32: Read<uint, IntegerElement<uint>>(ref cursor, subject, count, destination); break;
            case TensorType.UInt64: Read<ulong, IntegerElement<ulong>>(ref cursor, subject, count, destination); break;
            case TensorType.Int8: Read<sbyte, IntegerElement<sbyte>>(ref cursor, subject, count, destination); break;
            case TensorType.Int16: Read<short, IntegerElement<short>>(ref cursor, subject, count, destination); break;
            case TensorType.Int32: Read<int, IntegerElement<int>>(ref cursor, subject, count, destination); break;
            case TensorType.Int64: Read<long, IntegerElement<long>>(ref cursor, subject, count, destination); break;
            case TensorType.Float32: Read<float, Float32Element>(ref cursor, subject, count, destination); break;
            case TensorType.Float64: Read<double, Float64Element>(ref cursor, subject, count, destination); break;
            default: throw new InvalidOperationException($"{subject.Type} has no JSON form of one size");
        }
    }

    private static void Read<T, TElement>(ref JsonCursor cursor, TensorSubject subject, long count, Span<byte> destination)
        where T : unmanaged
        where TElement : struct, IJsonElement<T>
    {
        var sink = new FixedSink<T, TElement>(destination);
        NestedData.Read(ref cursor, subject, count, ref sink);
    }

    private static Tensor ReadFixed(
        ref JsonCursor cursor, string name, TensorSubject subject, ImmutableArray<long> shape, long count)
    {
        var buffer = PooledBuffer.Rent(checked((int)(count * subject.Type.ElementSize())));
        try
        {
            ReadInto(ref cursor, subject, count, buffer.Span);
            return Tensor.CreateTrusted(name, subject.Type, shape, count, buffer.Memory, buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private static Tensor ReadBytes(
        ref JsonCursor cursor, string name, TensorSubject subject, ImmutableArray<long> shape, long count, bool acceptsBase64)
    {
        var start = cursor.Position;
        cursor.Skip();
        var bound = BytesSink.BoundOf(cursor.Position - start, count);
        cursor.Position = start;
        if (bound > Array.MaxLength)
        {
            throw KreweException.PayloadTooLarge($"{subject.Name}: its strings need more than {Array.MaxLength} bytes");
        }

        var buffer = PooledBuffer.Rent((int)bound);
        try
        {
            var sink = new BytesSink(buffer.Span, acceptsBase64);
            NestedData.Read(ref cursor, subject, count, ref sink);
            return Tensor.CreateTrusted(name, TensorType.Bytes, shape, count, buffer.Memory[..sink.Written], buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }
}

/// <summary>BOOL: true and false, or 1 and 0 as numeric libraries write them.</summary>
internal readonly struct BooleanElement : IJsonElement<byte>
{
    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> json, ref int position, out byte value)
    {
        var rest = json[position..];
        value = rest.StartsWith("true"u8) || rest.StartsWith("1"u8) ? (byte)1 : (byte)0;
        var length = rest.StartsWith("true"u8) ? 4 : rest.StartsWith("false"u8) ? 5 : 1;
        position += length;
        return length > 1 || rest.StartsWith("0"u8) || rest.StartsWith("1"u8);
    }
}

/// <summary>Elements of fixed size, stored contiguously.</summary>
internal ref struct FixedSink<T, TElement>(Span<byte> destination) : IElementSink
    where T : unmanaged
    where TElement : struct, IJsonElement<T>
{
    private readonly Span<T> values = MemoryMarshal.Cast<byte, T>(destination);
    private int count;

    /// <inheritdoc/>
    public readonly long Count => count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead(ReadOnlySpan<byte> json, ref int position)
    {
        var read = TElement.TryRead(json, ref position, out values[count]);
        count += read ? 1 : 0;
        return read;
    }

    /// <inheritdoc/>
    public int ReadAhead(ReadOnlySpan<byte> json, ref int position, long max)
    {
        var read = ShortNumbers.Read<T, TElement>(json, ref position, values.Slice(count, (int)max));
        count += read;
        return read;
    }
}
