using Krewe.Abstractions.Files;

namespace Krewe.Member.Files;

/// <summary>A small file that is replaced atomically: after any crash of the writer, a reader finds the old content or the new.</summary>
internal static class AtomicFile
{
    /// <summary>The content; null if the file does not exist. Throws I/O errors.</summary>
    public static byte[]? Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>
    /// Writes a temporary file and renames it. Survives a crash of the process; with <paramref name="flush"/> also a power failure, in the
    /// order of the writes. One writer at a time.
    /// </summary>
    public static void Write(string path, byte[] content, bool flush)
    {
        var folder = Path.GetDirectoryName(path)!;
        Create(folder, flush);
        var beside = path + ".new";
        using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(content);
            if (flush)
            {
                file.Flush(flushToDisk: true);
            }
        }

        File.Move(beside, path, overwrite: true);
        if (flush)
        {
            FolderSync.Flush(folder);
        }
    }

    private static void Create(string folder, bool flush)
    {
        if (Directory.Exists(folder) || Path.GetDirectoryName(folder) is not { Length: > 0 } parent)
        {
            return;
        }

        Create(parent, flush);
        Directory.CreateDirectory(folder);
        if (flush)
        {
            FolderSync.Flush(parent);
        }
    }
}
