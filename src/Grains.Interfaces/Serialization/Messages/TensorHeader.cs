using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>The wire form of a tensor without its data.</summary>
internal readonly struct TensorHeader
{
    private const uint NameField = 1;
    private const uint TypeField = 2;
    private const uint ShapeField = 3;
    private const uint LengthField = 4;

    private TensorHeader(string name, TensorType type, ImmutableArray<long> shape, long length) =>
        (Name, Type, Shape, Length) = (name, type, shape, length);

    public string Name { get; }

    public TensorType Type { get; }

    public ImmutableArray<long> Shape { get; }

    /// <summary>The length of the data in bytes.</summary>
    public long Length { get; }

    public static void Write<TBufferWriter>(ref Writer<TBufferWriter> writer, ref uint last, uint id, Tensor tensor)
        where TBufferWriter : IBufferWriter<byte>
    {
        writer.WriteHeader(ref last, id, WireType.TagDelimited);
        uint inner = 0;
        writer.WriteText(ref inner, NameField, tensor.Name);
        writer.WriteNumber(ref inner, TypeField, (byte)tensor.Type);
        if (tensor.Shape.Length > 0)
        {
            writer.WriteHeader(ref inner, ShapeField, WireType.LengthPrefixed);
            writer.WriteVarUInt32((uint)tensor.Shape.Length * sizeof(long));
            foreach (var dimension in tensor.Shape)
            {
                writer.WriteInt64(dimension);
            }
        }

        if (!tensor.Data.IsEmpty)
        {
            writer.WriteNumber(ref inner, LengthField, tensor.Data.Length);
        }

        writer.WriteEndObject();
    }

    public static TensorHeader Read<TInput>(ref Reader<TInput> reader, Field field)
    {
        reader.BeginObject(field);
        var (name, type, shape, length) = ("", default(TensorType), ImmutableArray<long>.Empty, 0L);
        uint id = 0;
        while (reader.TryNextField(ref id, out var inner))
        {
            switch (id)
            {
                case NameField:
                    name = reader.ReadText(inner);
                    break;
                case TypeField:
                    type = ReadType(ref reader, inner);
                    break;
                case ShapeField:
                    shape = ReadShape(ref reader, inner);
                    break;
                case LengthField:
                    length = reader.ReadNumber(inner);
                    break;
                default:
                    reader.SkipUnknown(inner);
                    break;
            }
        }

        return new TensorHeader(name, type, shape, length);
    }

    /// <summary>The tensor, after checking that data, type and shape agree.</summary>
    public Tensor ToTensor(ReadOnlyMemory<byte> data, IDisposable? owner)
    {
        if (Type == default)
        {
            throw new InvalidDataException("a tensor has no type");
        }

        try
        {
            return Tensor.Create(Name, Type, Shape, data, owner);
        }
        catch (KreweException error)
        {
            throw new InvalidDataException(error.Message, error);
        }
    }

    private static TensorType ReadType<TInput>(ref Reader<TInput> reader, Field field) =>
        reader.ReadNumber(field) is >= (byte)TensorType.Bool and <= (byte)TensorType.Bytes and var number
            ? (TensorType)number
            : throw new InvalidDataException("a tensor has a type unknown to this node");

    private static ImmutableArray<long> ReadShape<TInput>(ref Reader<TInput> reader, Field field)
    {
        var length = reader.ReadLength(field);
        if (length % sizeof(long) != 0)
        {
            throw new InvalidDataException("a tensor has a truncated shape");
        }

        var shape = new long[length / sizeof(long)];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = reader.ReadInt64();
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(shape);
    }
}
