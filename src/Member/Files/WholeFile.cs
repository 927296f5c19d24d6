using Krewe.Abstractions.Files;

namespace Krewe.Member.Files;

/// <summary>
/// A small file that is replaced whole: whoever reads it, after whatever end of the writer, finds the old content or the new.
/// </summary>
internal static class WholeFile
{
    /// <summary>The content; null where there is no such file. Throws what the file system throws.</summary>
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
    /// Writes beside the file and renames. Survives the end of the process; flushed, that of the machine too, in the order of the writes.
    /// One writer at a time.
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
