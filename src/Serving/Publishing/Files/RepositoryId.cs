namespace Krewe.Serving.Publishing.Files;

/// <summary>The id of a repository, shared by all processes that use it: the first write wins.</summary>
internal static class RepositoryId
{
    private const string FileName = "repository-id";

    /// <summary>The id; null if there is none yet.</summary>
    public static string? Read(RepositoryPaths paths)
    {
        try
        {
            return File.ReadAllText(Path.Combine(paths.Identity, FileName)).Trim() is { Length: > 0 and <= 64 } id ? id : null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The id, created if there is none. Throws file system exceptions.</summary>
    public static string ReadOrCreate(RepositoryPaths paths, StagingFolder staging)
    {
        if (Read(paths) is { } known)
        {
            return known;
        }

        Directory.CreateDirectory(staging.Content);
        File.WriteAllText(Path.Combine(staging.Content, FileName), RepositoryPaths.NewName());

        // If another process is faster, its id wins. Only the rename of a folder is exclusive, not that of a file.
        _ = DurableFolder.Rename(staging.Content, paths.Identity);
        return Read(paths) ?? throw new IOException("The repository's name is gone as soon as it is written.");
    }
}
