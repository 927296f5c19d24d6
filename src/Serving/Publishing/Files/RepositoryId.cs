namespace Krewe.Serving;

/// <summary>The name of a repository, which processes that share it agree on: whoever writes it first has written it for all.</summary>
internal static class RepositoryId
{
    /// <summary>The name; null where there is none yet.</summary>
    public static string? Read(RepositoryPaths paths)
    {
        try
        {
            return File.ReadAllText(paths.IdFile).Trim() is { Length: > 0 and <= 64 } id ? id : null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The name, made where there is none. Throws what the file system throws.</summary>
    public static string ReadOrMake(RepositoryPaths paths, StagingFolder staging)
    {
        if (Read(paths) is { } known)
        {
            return known;
        }

        File.WriteAllText(staging.Body, RepositoryPaths.NewName());
        try
        {
            File.Move(staging.Body, paths.IdFile, overwrite: false);
        }
        catch (IOException) when (File.Exists(paths.IdFile))
        {
            // Another process was faster; its name counts.
        }

        return Read(paths) ?? throw new IOException("The repository's name is gone as soon as it is written.");
    }
}
