using System.Buffers.Binary;
using Krewe.Serving.Publishing.Files;
using Microsoft.Win32.SafeHandles;

namespace Krewe.Serving.Publishing.Archives;

/// <summary>
/// Checks the size of a zip archive's central directory before System.IO.Compression reads all of its entries into memory.
/// </summary>
internal static class ZipDirectory
{
    private const int EndBytes = 22;
    private const int LocatorBytes = 20;
    private const int BigEndBytes = 56;
    private const int MaxCommentBytes = ushort.MaxValue;
    private const uint EndMark = 0x06054B50;
    private const uint LocatorMark = 0x07064B50;
    private const uint BigEndMark = 0x06064B50;

    /// <summary>Enough for <see cref="UnpackTarget.MaxEntries"/> entries with names of 1 KiB and some extra fields.</summary>
    private const long MaxBytes = 4L << 20;

    /// <summary>Throws <see cref="ArchiveException"/> if the central directory is missing or too large.</summary>
    public static void CheckSize(SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        var tail = Read(file, Math.Max(0, length - EndBytes - MaxCommentBytes), (int)Math.Min(length, EndBytes + MaxCommentBytes));
        for (var at = tail.Length - EndBytes; at >= 0; at--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) == EndMark)
            {
                var start = FindStart(file, tail.AsSpan(at), length - tail.Length + at);
                if (start < 0 || start > length || length - start > MaxBytes)
                {
                    throw new ArchiveException("its list of entries is too long, or not where the archive says: expected at most "
                        + $"{UnpackTarget.MaxEntries} entries");
                }

                return;
            }
        }

        throw new ArchiveException("it is truncated: its list of entries is missing");
    }

    private static long FindStart(SafeFileHandle file, ReadOnlySpan<byte> end, long endOffset)
    {
        var start = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        var entries = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        if (endOffset < LocatorBytes || (start != uint.MaxValue && entries != ushort.MaxValue))
        {
            return start;
        }

        var locator = Read(file, endOffset - LocatorBytes, LocatorBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != LocatorMark)
        {
            return start;
        }

        var bigEndOffset = BinaryPrimitives.ReadInt64LittleEndian(locator.AsSpan(8));
        var bigEnd = bigEndOffset < 0 || bigEndOffset > endOffset - BigEndBytes ? [] : Read(file, bigEndOffset, BigEndBytes);
        return bigEnd.Length == BigEndBytes && BinaryPrimitives.ReadUInt32LittleEndian(bigEnd) == BigEndMark
            ? BinaryPrimitives.ReadInt64LittleEndian(bigEnd.AsSpan(48))
            : -1;
    }

    private static byte[] Read(SafeFileHandle file, long offset, int count)
    {
        var bytes = new byte[count];
        var read = 0;
        while (read < count && RandomAccess.Read(file, bytes.AsSpan(read), offset + read) is > 0 and var more)
        {
            read += more;
        }

        return bytes;
    }
}
