using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Krewe.Serving.OnnxFiles;

/// <summary>
/// Walks a file in the protobuf wire format, field by field, without holding more than a small window of it. What is skipped is
/// not read. Memory mapping would be shorter, but a file cut off while it is mapped kills the process.
/// </summary>
internal sealed class ProtobufReader(SafeFileHandle file, long fileLength)
{
    private const int WindowBytes = 16 * 1024;
    private const int Encodings = 0b100111;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] window = new byte[WindowBytes];
    private readonly long fileBytes = fileLength;
    private long windowStart;
    private int windowLength;
    private int windowAt;
    private long end = fileLength;
    private int depth;
    private long fields;

    private long Position => windowStart + windowAt;

    /// <summary>Comes to the next field of the current message; false at its end.</summary>
    public bool Next(out ProtobufField field)
    {
        field = default;
        if (Position == end)
        {
            return false;
        }

        if (++fields > OnnxLimits.Fields)
        {
            throw new OnnxFileException($"it has more than {OnnxLimits.Fields} fields");
        }

        var at = Position;
        var tag = Varint();
        field = new ProtobufField((int)(tag >> 3), (ProtobufEncoding)(tag & 7));
        if (tag > uint.MaxValue || field.Number == 0 || (Encodings >> (int)field.Encoding & 1) == 0)
        {
            throw new OnnxFileException($"byte {at} starts no field of an ONNX file: the file is damaged or of another kind");
        }

        return true;
    }

    /// <summary>Enters the message that the current field is; gives back what <see cref="Leave"/> needs.</summary>
    public long Enter()
    {
        var size = Size();
        if (++depth > OnnxLimits.Depth)
        {
            throw new OnnxFileException($"its parts are nested more than {OnnxLimits.Depth} deep");
        }

        var outer = end;
        end = Position + size;
        return outer;
    }

    /// <summary>Leaves a message whose fields have all been seen.</summary>
    public void Leave(long outer)
    {
        end = outer;
        depth--;
    }

    /// <summary>Passes over the content of a field.</summary>
    public void Skip(ProtobufField field)
    {
        switch (field.Encoding)
        {
            case ProtobufEncoding.Varint:
                Varint();
                break;
            case ProtobufEncoding.Fixed64:
                Pass(Within(sizeof(ulong)));
                break;
            case ProtobufEncoding.Fixed32:
                Pass(Within(sizeof(uint)));
                break;
            default:
                Pass(Size());
                break;
        }
    }

    /// <summary>Reads a number.</summary>
    public ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Byte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw new OnnxFileException($"the number before byte {Position} does not end: the file is damaged or of another kind");
    }

    /// <summary>Reads text of a limited length.</summary>
    public string Text(string what)
    {
        var size = Size();
        if (size > OnnxLimits.NameBytes)
        {
            throw new OnnxFileException($"{what} is {size} bytes long: expected at most {OnnxLimits.NameBytes}");
        }

        Span<byte> bytes = stackalloc byte[(int)size];
        foreach (ref var value in bytes)
        {
            value = Byte();
        }

        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new OnnxFileException($"{what} is not UTF-8");
        }
    }

    /// <summary>Reads text as <see cref="Text"/> does; null where it is too long or not UTF-8.</summary>
    public string? TextOrNull() => Bytes(OnnxLimits.NameBytes) is { } bytes && Utf8Valid(bytes) ? Utf8.GetString(bytes) : null;

    /// <summary>Reads the content of a field of bytes; null, and passed over, where it is longer than this.</summary>
    public byte[]? Bytes(int most)
    {
        var size = Size();
        if (size > most)
        {
            Pass(size);
            return null;
        }

        var bytes = new byte[size];
        foreach (ref var value in bytes.AsSpan())
        {
            value = Byte();
        }

        return bytes;
    }

    /// <summary>Reads the four bytes of a single-precision number.</summary>
    public float Single()
    {
        Within(sizeof(float));
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        foreach (ref var value in bytes)
        {
            value = Byte();
        }

        return BinaryPrimitives.ReadSingleLittleEndian(bytes);
    }

    private static bool Utf8Valid(byte[] bytes) => System.Text.Unicode.Utf8.IsValid(bytes);

    private long Size()
    {
        var size = Varint();
        return Within(size <= int.MaxValue ? (long)size : long.MaxValue);
    }

    private long Within(long size)
    {
        if (size <= end - Position)
        {
            return size;
        }

        throw size > fileBytes - Position
            ? Truncated()
            : new OnnxFileException($"a part at byte {Position} passes the end of what holds it: the file is damaged or of another kind");
    }

    private byte Byte()
    {
        Within(1);
        if (windowAt == windowLength)
        {
            Fill();
        }

        return window[windowAt++];
    }

    private void Fill()
    {
        windowStart = Position;
        windowAt = 0;
        windowLength = RandomAccess.Read(file, window, windowStart);
        if (windowLength == 0)
        {
            throw Truncated();
        }
    }

    private void Pass(long size)
    {
        if (size <= windowLength - windowAt)
        {
            windowAt += (int)size;
            return;
        }

        (windowStart, windowAt, windowLength) = (Position + size, 0, 0);
    }

    private OnnxFileException Truncated() =>
        new($"it ends after {fileBytes} bytes in the middle of a part that begins before byte {Position}: the file is cut off");
}

/// <summary>The number and the encoding of one field; the content follows it.</summary>
internal readonly record struct ProtobufField(int Number, ProtobufEncoding Encoding);

/// <summary>How a field's content is written. The numbers are those of the protobuf wire format; its groups (3, 4) are obsolete.</summary>
internal enum ProtobufEncoding
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}
