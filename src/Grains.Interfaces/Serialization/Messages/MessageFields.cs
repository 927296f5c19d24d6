using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>
/// Fields of our own messages, in Orleans' wire format. Fields are numbered, so that nodes of different versions can omit and skip them.
/// Both sides count every field once (<see cref="ReferenceCodec.MarkValueField"/>), or references in later arguments would resolve wrongly.
/// </summary>
internal static class MessageFields
{
    private const int MaxAddressLength = 16;

    /// <summary>Begins a field; <paramref name="last"/> is the number of the field before it.</summary>
    public static void WriteHeader<TBufferWriter>(this ref Writer<TBufferWriter> writer, ref uint last, uint id, WireType type)
        where TBufferWriter : IBufferWriter<byte>
    {
        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeaderExpected(id - last, type);
        last = id;
    }

    public static void WriteText<TBufferWriter>(this ref Writer<TBufferWriter> writer, ref uint last, uint id, string text)
        where TBufferWriter : IBufferWriter<byte>
    {
        writer.WriteHeader(ref last, id, WireType.LengthPrefixed);
        var length = Encoding.UTF8.GetByteCount(text);
        writer.WriteVarUInt32((uint)length);
        StringCodec.WriteRaw(ref writer, text, length);
    }

    public static void WriteNumber<TBufferWriter>(this ref Writer<TBufferWriter> writer, ref uint last, uint id, long number)
        where TBufferWriter : IBufferWriter<byte>
    {
        writer.WriteHeader(ref last, id, WireType.VarInt);
        writer.WriteVarUInt64((ulong)number);
    }

    public static void WriteTime<TBufferWriter>(this ref Writer<TBufferWriter> writer, ref uint last, uint id, TimeSpan time)
        where TBufferWriter : IBufferWriter<byte>
    {
        writer.WriteHeader(ref last, id, WireType.Fixed64);
        writer.WriteInt64(time.Ticks);
    }

    public static void WriteAddress<TBufferWriter>(this ref Writer<TBufferWriter> writer, ref uint last, uint id, IPAddress address)
        where TBufferWriter : IBufferWriter<byte>
    {
        Span<byte> bytes = stackalloc byte[MaxAddressLength];
        address.TryWriteBytes(bytes, out var length);
        writer.WriteHeader(ref last, id, WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)length);
        writer.Write(bytes[..length]);
    }

    /// <summary>Moves to the next field of an object; false at its end.</summary>
    public static bool TryNextField<TInput>(this ref Reader<TInput> reader, ref uint id, out Field field)
    {
        field = reader.ReadFieldHeader();
        if (field.WireType == WireType.Extended)
        {
            return field.IsEndObject ? false : throw new InvalidDataException("expected no base types in a Krewe message");
        }

        id = checked(id + field.FieldIdDelta);
        return true;
    }

    public static string ReadText<TInput>(this ref Reader<TInput> reader, Field field) =>
        StringCodec.ReadRaw(ref reader, reader.ReadLength(field));

    public static IPAddress ReadAddress<TInput>(this ref Reader<TInput> reader, Field field)
    {
        Span<byte> bytes = stackalloc byte[MaxAddressLength];
        var length = (int)reader.ReadLength(field);
        if (length is not (4 or MaxAddressLength))
        {
            throw new InvalidDataException($"an address has {length} bytes, expected 4 or {MaxAddressLength}");
        }

        reader.ReadBytes(bytes[..length]);
        return new IPAddress(bytes[..length]);
    }

    public static long ReadNumber<TInput>(this ref Reader<TInput> reader, Field field)
    {
        field.EnsureWireType(WireType.VarInt);
        ReferenceCodec.MarkValueField(reader.Session);
        return (long)reader.ReadVarUInt64();
    }

    public static TimeSpan ReadTime<TInput>(this ref Reader<TInput> reader, Field field)
    {
        field.EnsureWireType(WireType.Fixed64);
        ReferenceCodec.MarkValueField(reader.Session);
        return new TimeSpan(reader.ReadInt64());
    }

    /// <summary>Reads the length of a field, checked against the rest of the message.</summary>
    public static uint ReadLength<TInput>(this ref Reader<TInput> reader, Field field)
    {
        field.EnsureWireType(WireType.LengthPrefixed);
        ReferenceCodec.MarkValueField(reader.Session);
        var length = reader.ReadVarUInt32();
        reader.EnsureAvailable(length);
        return length;
    }

    public static void BeginObject<TInput>(this ref Reader<TInput> reader, Field field)
    {
        field.EnsureWireType(WireType.TagDelimited);
        ReferenceCodec.MarkValueField(reader.Session);
    }

    /// <summary>Skips a field of a newer node. Nesting that is too deep throws before the stack overflows.</summary>
    public static void SkipUnknown<TInput>(this ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.LengthPrefixed)
        {
            reader.Skip(reader.ReadLength(field));
        }
        else if (field.WireType == WireType.TagDelimited)
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            reader.BeginObject(field);
            uint id = 0;
            while (reader.TryNextField(ref id, out var inner))
            {
                reader.SkipUnknown(inner);
            }
        }
        else
        {
            reader.SkipField(field);
        }
    }
}
