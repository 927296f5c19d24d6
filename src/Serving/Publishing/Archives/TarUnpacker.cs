using System.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Serving.Publishing.Files;

namespace Krewe.Serving.Publishing.Archives;

/// <summary>
/// Unpacks a tar archive from a stream, in order. System.Formats.Tar is not used because it allocates as much memory for extended headers
/// as the archive claims.
/// </summary>
internal static class TarUnpacker
{
    private const int MaxExtensionBytes = 64 << 10;

    /// <summary>Unpacks to the end of the stream; throws <see cref="ArchiveException"/> if the archive is invalid.</summary>
    public static void Unpack(Stream archive, UnpackTarget target, UnpackBudget budget)
    {
        var block = new byte[TarHeader.Bytes];
        while (ReadHeader(archive, block) is { } header)
        {
            var extensions = new TarExtensions();
            for (; TakeExtension(archive, header, extensions); header = ReadHeader(archive, block) ?? throw Truncated())
            {
            }

            UnpackEntry(archive, header with { Name = extensions.Name ?? header.Name, Size = extensions.Size ?? header.Size }, target);
        }

        ReadRest(archive, budget);
    }

    /// <summary>Null at the end-of-archive mark.</summary>
    private static TarHeader? ReadHeader(Stream archive, byte[] block)
    {
        if (archive.ReadAtLeast(block, block.Length, throwOnEndOfStream: false) < block.Length)
        {
            throw Truncated();
        }

        return block.AsSpan().ContainsAnyExcept((byte)0) ? TarHeader.Read(block) : null;
    }

    private static bool TakeExtension(Stream archive, TarHeader header, TarExtensions extensions)
    {
        switch (header.Kind)
        {
            case TarHeader.Extension or TarHeader.SolarisExtension:
                extensions.TakeRecords(ReadSmall(archive, header.Size));
                return true;
            case TarHeader.LongName:
                extensions.TakeLongName(ReadSmall(archive, header.Size));
                return true;
            case TarHeader.GlobalExtension:
                _ = ReadSmall(archive, header.Size);
                return true;
            default:
                return false;
        }
    }

    private static void UnpackEntry(Stream archive, TarHeader header, UnpackTarget target)
    {
        switch (header.Kind)
        {
            case TarHeader.Folder:
            case TarHeader.File when header.Name.EndsWith('/'):
                target.AddFolder(header.Name);
                Skip(archive, header.Size is 0 ? 0 : throw new ArchiveException("it is damaged: a folder has bytes"));
                break;
            case TarHeader.File or TarHeader.ContiguousFile:
                target.AddFile(header.Name, archive, header.Size);
                Skip(archive, Padding(header.Size));
                break;
            default:
                throw new ArchiveException(
                    $"it has '{ErrorText.Quote(header.Name)}', which is a link, a device or unsupported: expected files and folders "
                        + "alone");
        }
    }

    private static byte[] ReadSmall(Stream archive, long size)
    {
        if (size > MaxExtensionBytes)
        {
            throw new ArchiveException($"it has an extended header of {size} bytes: expected at most {MaxExtensionBytes}");
        }

        var data = new byte[size];
        if (archive.ReadAtLeast(data, data.Length, throwOnEndOfStream: false) < data.Length)
        {
            throw Truncated();
        }

        Skip(archive, Padding(size));
        return data;
    }

    private static long Padding(long size) => -size & (TarHeader.Bytes - 1);

    private static void Skip(Stream archive, long count)
    {
        Span<byte> padding = stackalloc byte[TarHeader.Bytes];
        if (count > 0 && archive.ReadAtLeast(padding[..(int)count], (int)count, throwOnEndOfStream: false) < count)
        {
            throw Truncated();
        }
    }

    /// <summary>Reads the padding after the archive, because the end of a compressed stream shows whether it is complete.</summary>
    private static void ReadRest(Stream archive, UnpackBudget budget)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            for (long rest = 0; archive.Read(buffer) is > 0 and var read; rest += read)
            {
                if (rest > budget.Bytes)
                {
                    throw budget.Exceeded();
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ArchiveException Truncated() => new("it is truncated: its end mark is missing");
}
