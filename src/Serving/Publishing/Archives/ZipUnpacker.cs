using System.IO.Compression;
using Krewe.Abstractions.Errors;
using Krewe.Serving.Publishing.Files;

namespace Krewe.Serving.Publishing.Archives;

/// <summary>Unpacks a zip archive from a file.</summary>
internal static class ZipUnpacker
{
    private const int FileTypeMask = 0xF000;
    private const int RegularFile = 0x8000;
    private const int Folder = 0x4000;

    /// <summary>Unpacks all entries; throws <see cref="ArchiveException"/> if the archive is invalid.</summary>
    public static void Unpack(FileStream file, UnpackTarget target)
    {
        ZipDirectory.CheckSize(file.SafeFileHandle);
        using var archive = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
        foreach (var entry in archive.Entries)
        {
            Unpack(entry, target);
        }
    }

    private static void Unpack(ZipArchiveEntry entry, UnpackTarget target)
    {
        // The upper half holds the Unix file mode; 0 if created on other systems.
        var type = (entry.ExternalAttributes >> 16) & FileTypeMask;
        if (type is not (0 or RegularFile or Folder) || entry.IsEncrypted)
        {
            throw new ArchiveException(
                $"it has '{ErrorText.Quote(entry.FullName)}', which is a link, encrypted or unsupported: expected plain files and "
                    + "folders alone");
        }

        if (entry.FullName.EndsWith('/'))
        {
            target.AddFolder(entry.FullName);
            return;
        }

        using var plain = entry.Open();
        using var content = new ChecksumStream(plain);
        target.AddFile(entry.FullName, content, entry.Length);
        if (content.Checksum != entry.Crc32)
        {
            throw new ArchiveException($"it is damaged: '{ErrorText.Quote(entry.FullName)}' does not have the checksum that it should");
        }
    }
}
