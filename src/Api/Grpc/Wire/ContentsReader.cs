using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.Grpc.Wire;

/// <summary>
/// Reads the typed contents of one input into pooled memory: once to measure them, so that a short message cannot make much memory be
/// allocated, and once to copy them. Values that do not fit the datatype are refused, as in JSON.
/// </summary>
internal ref struct ContentsReader
{
    private const int Contents = 5;
    private readonly WireReader input;
    private readonly string name;
    private readonly TensorType type;
    private readonly long count;
    private readonly int number;

    // Of packed integers, which vary in size, the most elements that there can be.
    private long elements;
    private long bytes;
    private Span<byte> target;

    private ContentsReader(WireReader input, string name, TensorType type, long count)
    {
        this.input = input;
        (this.name, this.type, this.count, number) = (name, type, count, ContentsField.Of(type));
    }

    /// <summary>Reads the contents of the input that <paramref name="input"/> is at the beginning of.</summary>
    public static Tensor Read(WireReader input, string name, TensorType type, ImmutableArray<long> shape, long count)
    {
        var reader = new ContentsReader(input, name, type, count);
        reader.Walk(isMeasuring: true);
        var buffer = reader.Rent();
        try
        {
            reader.target = buffer.Span;
            reader.Walk(isMeasuring: false);
            if (!reader.target.IsEmpty)
            {
                throw reader.WrongNumber(isFew: true);
            }

            return Tensor.Create(name, type, shape, buffer.Memory, buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private readonly bool IsFixed => type is TensorType.Float32 or TensorType.Float64;

    private readonly WireType Single => type switch
    {
        TensorType.Bytes => WireType.Bytes,
        TensorType.Float32 => WireType.Fixed32,
        TensorType.Float64 => WireType.Fixed64,
        _ => WireType.Varint,
    };

    private readonly string Expected => number == 0 ? "raw contents, its only form" : ContentsField.NameOf(number);

    private readonly string Subject => $"input '{ErrorText.Quote(name)}' {type.WireName()}";

    private void Walk(bool isMeasuring)
    {
        var reader = input;
        while (reader.NextField(out var member))
        {
            if (member is not { Number: Contents, Type: WireType.Bytes })
            {
                reader.Skip(member.Type);
                continue;
            }

            var outer = reader.Enter();
            while (reader.NextField(out var found))
            {
                if (isMeasuring)
                {
                    Measure(ref reader, found);
                }
                else
                {
                    Take(ref reader, found);
                }
            }

            reader.Leave(outer);
        }
    }

    private void Measure(ref WireReader reader, WireField found)
    {
        if (found.Number != number)
        {
            var before = reader.Left;
            reader.Skip(found.Type);

            // One byte is an empty field, which some encoders write.
            if (ContentsField.IsKnown(found.Number) && before - reader.Left > 1)
            {
                throw Wrong($"has {ContentsField.NameOf(found.Number)}: expected {Expected}");
            }
        }
        else if (found.Type != WireType.Bytes)
        {
            reader.Skip(found.Type == Single ? Single : throw Wrong($"has {Expected} of another wire type"));
            elements++;
        }
        else
        {
            var size = reader.ReadLength();
            reader.Advance(size);
            bytes += size;
            elements += type == TensorType.Bytes ? 1 : IsFixed ? size / type.ElementSize() : size;
        }
    }

    private readonly PooledBuffer Rent()
    {
        if (elements < count || (elements > count && (IsFixed || type == TensorType.Bytes)))
        {
            throw WrongNumber(elements < count);
        }

        var size = type == TensorType.Bytes ? bytes + (elements * BytesElements.PrefixSize) : count * type.ElementSize();
        return size <= Array.MaxLength - PooledBuffer.Alignment
            ? PooledBuffer.Rent((int)size)
            : throw KreweException.PayloadTooLarge($"{Subject} has {size} bytes: expected at most {Array.MaxLength}");
    }

    private void Take(ref WireReader reader, WireField found)
    {
        if (found.Number != number)
        {
            reader.Skip(found.Type);
            return;
        }

        switch (type)
        {
            case TensorType.Bytes: TakeBytes(ref reader); break;
            case TensorType.Float32 or TensorType.Float64: TakeFixed(ref reader, found.Type); break;
            case TensorType.Bool or TensorType.UInt8: TakeIntegers<byte>(ref reader, found.Type); break;
            case TensorType.Int8: TakeIntegers<sbyte>(ref reader, found.Type); break;
            case TensorType.Int16: TakeIntegers<short>(ref reader, found.Type); break;
            case TensorType.UInt16: TakeIntegers<ushort>(ref reader, found.Type); break;
            case TensorType.Int32: TakeIntegers<int>(ref reader, found.Type); break;
            case TensorType.UInt32: TakeIntegers<uint>(ref reader, found.Type); break;
            case TensorType.Int64: TakeIntegers<long>(ref reader, found.Type); break;
            default: TakeIntegers<ulong>(ref reader, found.Type); break;
        }
    }

    private void TakeBytes(ref WireReader reader)
    {
        var length = reader.ReadLength();
        BinaryPrimitives.WriteInt32LittleEndian(target, length);
        reader.CopyTo(target.Slice(BytesElements.PrefixSize, length));
        target = target[(BytesElements.PrefixSize + length)..];
    }

    /// <summary>Packed numbers of fixed width have the tensor's own form.</summary>
    private void TakeFixed(ref WireReader reader, WireType found)
    {
        var length = found == WireType.Bytes ? reader.ReadLength() : type.ElementSize();
        if (length > target.Length || length % type.ElementSize() != 0)
        {
            throw Wrong($"has {Expected} of {length} bytes, which are not whole elements");
        }

        reader.CopyTo(target[..length]);
        target = target[length..];
    }

    private void TakeIntegers<T>(ref WireReader reader, WireType found)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (found == WireType.Varint)
        {
            TakeInteger<T>(ref reader);
            return;
        }

        var outer = reader.Enter();
        while (reader.Left > 0)
        {
            TakeInteger<T>(ref reader);
        }

        reader.Leave(outer);
    }

    private void TakeInteger<T>(ref WireReader reader)
        where T : unmanaged, IBinaryInteger<T>
    {
        var value = Convert<T>(reader.ReadVarint());
        if (target.IsEmpty)
        {
            throw WrongNumber(isFew: false);
        }

        MemoryMarshal.Write(target, value);
        target = target[type.ElementSize()..];
    }

    private readonly T Convert<T>(ulong value)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (type == TensorType.Bool)
        {
            return value == 0 ? T.Zero : T.One;
        }

        // A negative number comes as 64 bits, whatever its type.
        var converted = T.CreateTruncating(value);
        return ulong.CreateTruncating(long.CreateTruncating(converted)) == value
            ? converted
            : throw Wrong($"has the value {(long)value}, which it cannot hold");
    }

    private readonly KreweException Wrong(string what) => KreweException.InvalidInput($"{Subject} {what}");

    private readonly KreweException WrongNumber(bool isFew) =>
        Wrong($"has {(isFew ? "fewer" : "more")} elements than its shape: expected {count} in {Expected}");
}
