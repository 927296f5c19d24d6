namespace Krewe.Serving;

/// <summary>A small file that is replaced whole: whoever reads it, after whatever end of the writer, finds the old content or the new.</summary>
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

    /// <summary>Writes beside the file, brings that to disk, renames it and brings the name to disk. One writer at a time.</summary>
    public static void Write(string path, byte[] content)
    {
        var folder = Path.GetDirectoryName(path)!;
        Create(folder);
        var beside = path + ".new";
        using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
        DurableFolder.Flush(folder);
    }

    private static void Create(string folder)
    {
        if (Directory.Exists(folder) || Path.GetDirectoryName(folder) is not { Length: > 0 } parent)
        {
            return;
        }

        Create(parent);
        Directory.CreateDirectory(folder);
        DurableFolder.Flush(parent);
    }
}
