using System.Buffers.Binary;
using System.Text;
using Krewe.Serving.Publishing.Files;

namespace Krewe.Serving.Publishing.Archives;

/// <summary>A header block of a tar archive (POSIX.1-1988 and later, with GNU's large numbers).</summary>
/// <param name="Name">The name, including the prefix.</param>
/// <param name="Kind">The type flag; NUL in old archives is returned as '0'.</param>
/// <param name="Size">The number of content bytes.</param>
internal readonly record struct TarHeader(string Name, char Kind, long Size)
{
    /// <summary>The block size.</summary>
    public const int Bytes = 512;

    public const char File = '0';
    public const char ContiguousFile = '7';
    public const char Folder = '5';
    public const char Extension = 'x';
    public const char SolarisExtension = 'X';
    public const char GlobalExtension = 'g';
    public const char LongName = 'L';

    private static readonly Range NameField = ..100;
    private static readonly Range SizeField = 124..136;
    private static readonly Range SumField = 148..156;
    private static readonly Range PrefixField = 345..500;
    private const int KindOffset = 156;
    private const int MagicOffset = 257;

    /// <summary>Parses a block that is not all zeros; a wrong checksum throws <see cref="ArchiveException"/>.</summary>
    public static TarHeader Read(ReadOnlySpan<byte> block)
    {
        if (Number(block[SumField]) != Sum(block))
        {
            throw new ArchiveException("it is damaged: a header checksum is wrong");
        }

        var name = Text(block[NameField]);

        // GNU's format uses the prefix field for other data.
        var prefix = block[MagicOffset..].StartsWith("ustar\0"u8) ? Text(block[PrefixField]) : "";
        var kind = block[KindOffset] == 0 ? File : (char)block[KindOffset];
        return new TarHeader(prefix.Length > 0 ? $"{prefix}/{name}" : name, kind, Number(block[SizeField]));
    }

    /// <summary>The text up to the first NUL.</summary>
    public static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    // Octal digits, or binary if the first bit is set.
    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            var isLong = field[0] == 0x80 && !field[1..^sizeof(long)].ContainsAnyExcept((byte)0);
            return isLong && BinaryPrimitives.ReadInt64BigEndian(field[^sizeof(long)..]) is >= 0 and var number ? number
                : throw BadNumber();
        }

        var value = 0L;
        foreach (var digit in Text(field).Trim(' '))
        {
            value = digit is >= '0' and <= '7' ? (value * 8) + (digit - '0') : throw BadNumber();
        }

        return value;
    }

    private static long Sum(ReadOnlySpan<byte> block)
    {
        var sum = 0L;
        for (var i = 0; i < block.Length; i++)
        {
            // The checksum field itself counts as blanks.
            sum += i is >= 148 and < 156 ? (byte)' ' : block[i];
        }

        return sum;
    }

    private static ArchiveException BadNumber() => new("it is damaged: a header field is not a number");
}
