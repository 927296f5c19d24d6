using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Krewe.Abstractions.Errors;
using Krewe.Api.Inference;

namespace Krewe.Api.Grpc.Wire;

/// <summary>
/// Reads protobuf fields in place from the server's receive buffers. A copy is a second reader at the same place. What is malformed throws
/// <see cref="KreweException"/> (invalid input).
/// </summary>
internal ref struct WireReader(ReadOnlySequence<byte> message)
{
    private const int MaxVarintBits = 70;
    private SequenceReader<byte> reader = new(message);
    private long end = message.Length;

    /// <summary>Bytes left in the message that was entered last.</summary>
    public readonly long Left => end - reader.Consumed;

    /// <summary>Reads the next tag; false at the end of the message.</summary>
    public bool NextField(out WireField field)
    {
        field = default;
        if (Left == 0)
        {
            return false;
        }

        var tag = ReadVarint();
        field = new WireField((int)(tag >> 3), (WireType)(tag & 7));
        return tag <= uint.MaxValue
            && field is { Number: > 0, Type: WireType.Varint or WireType.Fixed64 or WireType.Bytes or WireType.Fixed32 }
            ? true
            : throw Malformed($"tag {tag} at byte {reader.Consumed} is none of proto3");
    }

    /// <summary>Reads an integer of up to 64 bits; negative ones are in two's complement.</summary>
    public ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < MaxVarintBits; shift += 7)
        {
            if (Left == 0 || !reader.TryRead(out var next))
            {
                throw Truncated();
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed($"an integer at byte {reader.Consumed} has more than ten bytes");
    }

    /// <summary>Reads the length of a field of bytes; they follow.</summary>
    public int ReadLength()
    {
        var length = ReadVarint();
        return length <= (ulong)Left ? (int)length : throw Truncated();
    }

    /// <summary>Begins a message within this one. The result is for <see cref="Leave"/>.</summary>
    public long Enter()
    {
        var length = ReadLength();
        var outer = end;
        end = reader.Consumed + length;
        return outer;
    }

    /// <summary>Ends the message, skipping what is left of it.</summary>
    public void Leave(long outer)
    {
        reader.Advance(Left);
        end = outer;
    }

    /// <summary>Skips a value.</summary>
    public void Skip(WireType type)
    {
        if (type == WireType.Varint)
        {
            ReadVarint();
            return;
        }

        Advance(type switch { WireType.Fixed32 => sizeof(uint), WireType.Fixed64 => sizeof(ulong), _ => ReadLength() });
    }

    /// <summary>Skips bytes.</summary>
    public void Advance(int count) => reader.Advance(count <= Left ? count : throw Truncated());

    /// <summary>Copies the next bytes.</summary>
    public void CopyTo(Span<byte> target)
    {
        if (target.Length > Left || !reader.TryCopyTo(target))
        {
            throw Truncated();
        }

        reader.Advance(target.Length);
    }

    /// <summary>Reads a string that recurs from message to message, of at most <paramref name="most"/> bytes.</summary>
    public string ReadName(string what, int most)
    {
        var length = ReadLength();
        if (length > most)
        {
            throw KreweException.InvalidInput($"{what} has {length} bytes: expected at most {most}");
        }

        var utf8 = reader.UnreadSpan.Length >= length ? reader.UnreadSpan[..length]
            : reader.Sequence.Slice(reader.Position, length).ToArray();
        reader.Advance(length);
        return Utf8.IsValid(utf8) ? NameCache.Shared.Get(utf8) : throw KreweException.InvalidInput($"{what} is not valid UTF-8");
    }

    /// <summary>Reads a string of any length.</summary>
    public string ReadText()
    {
        var length = ReadLength();
        var text = Encoding.UTF8.GetString(reader.Sequence.Slice(reader.Position, length));
        reader.Advance(length);
        return text;
    }

    private static KreweException Truncated() => Malformed("it ends within a field");

    private static KreweException Malformed(string why) => KreweException.InvalidInput($"the message is not valid protobuf: {why}");
}
