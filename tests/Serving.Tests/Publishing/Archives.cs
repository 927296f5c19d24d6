using System.Formats.Tar;
using System.IO.Compression;

namespace Krewe.Serving.Tests.Publishing;

/// <summary>Archives in memory.</summary>
internal static class Archives
{
    /// <summary>A tar archive of files with these contents, folders where a name ends in '/'.</summary>
    public static byte[] Tar(params IEnumerable<(string Name, byte[] Content)> files) => Tar(TarEntryFormat.Pax, [.. files]);

    public static byte[] Tar(TarEntryFormat format, params IReadOnlyList<(string Name, byte[] Content)> files) => Tar(writer =>
    {
        foreach (var (name, content) in files)
        {
            writer.WriteEntry(Entry(format, name.EndsWith('/') ? TarEntryType.Directory : TarEntryType.RegularFile, name, content));
        }
    });

    public static byte[] Tar(Action<TarWriter> write)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            write(writer);
        }

        return archive.ToArray();
    }

    public static TarEntry Entry(TarEntryFormat format, TarEntryType type, string name, byte[]? content = null)
    {
        TarEntry entry = format switch
        {
            TarEntryFormat.V7 => new V7TarEntry(type == TarEntryType.RegularFile ? TarEntryType.V7RegularFile : type, name),
            TarEntryFormat.Ustar => new UstarTarEntry(type, name),
            TarEntryFormat.Gnu => new GnuTarEntry(type, name),
            _ => new PaxTarEntry(type, name),
        };
        if (type == TarEntryType.RegularFile)
        {
            entry.DataStream = new MemoryStream(content ?? []);
        }

        return entry;
    }

    public static byte[] Gzip(byte[] content, CompressionLevel level = CompressionLevel.Fastest)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, level, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return compressed.ToArray();
    }

    public static byte[] Zip(params IEnumerable<(string Name, byte[] Content)> files) => Zip(archive =>
    {
        foreach (var (name, content) in files)
        {
            using var entry = archive.CreateEntry(name).Open();
            entry.Write(content);
        }
    });

    public static byte[] Zip(Action<ZipArchive> write)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            write(archive);
        }

        return bytes.ToArray();
    }
}
