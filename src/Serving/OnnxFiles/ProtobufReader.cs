using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Krewe.Serving.OnnxFiles;

/// <summary>
/// Reads the protobuf wire format field by field through a small buffer; skipped content is not read. Memory mapping would be shorter, but
/// truncating a mapped file kills the process.
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

    /// <summary>Advances to the next field of the current message; false at its end.</summary>
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
            throw new OnnxFileException($"byte {at} is not a valid field: the file is damaged or not an ONNX file");
        }

        return true;
    }

    /// <summary>Enters the current field as a message; returns the value to pass to <see cref="Leave"/>.</summary>
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

    /// <summary>Leaves a message after its last field.</summary>
    public void Leave(long outer)
    {
        end = outer;
        depth--;
    }

    /// <summary>Skips the content of a field.</summary>
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

    /// <summary>Reads a varint.</summary>
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

        throw new OnnxFileException($"the number before byte {Position} is not terminated: the file is damaged or not an ONNX file");
    }

    /// <summary>Reads text up to the length limit.</summary>
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

    /// <summary>Reads text like <see cref="Text"/>; null if it is too long or not UTF-8.</summary>
    public string? TextOrNull() => Bytes(OnnxLimits.NameBytes) is { } bytes && Utf8Valid(bytes) ? Utf8.GetString(bytes) : null;

    /// <summary>Reads a bytes field; null, and skipped, if longer than <paramref name="most"/>.</summary>
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

    /// <summary>Reads a four-byte float.</summary>
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
            : new OnnxFileException($"a field at byte {Position} extends past its message: the file is damaged or not an ONNX file");
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
        new($"it ends after {fileBytes} bytes in the middle of a field that begins before byte {Position}: the file is truncated");
}

/// <summary>The number and wire type of a field; its content follows.</summary>
internal readonly record struct ProtobufField(int Number, ProtobufEncoding Encoding);

/// <summary>The protobuf wire types, with their numbers; groups (3, 4) are obsolete.</summary>
internal enum ProtobufEncoding
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}
