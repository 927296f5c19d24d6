namespace Krewe.Serving.Publishing.Files;

/// <summary>The name of a repository, which processes that share it agree on: whoever writes it first has written it for all.</summary>
internal static class RepositoryId
{
    private const string FileName = "repository-id";

    /// <summary>The name; null where there is none yet.</summary>
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

    /// <summary>The name, made where there is none. Throws what the file system throws.</summary>
    public static string ReadOrMake(RepositoryPaths paths, StagingFolder staging)
    {
        if (Read(paths) is { } known)
        {
            return known;
        }

        Directory.CreateDirectory(staging.Content);
        File.WriteAllText(Path.Combine(staging.Content, FileName), RepositoryPaths.NewName());

        // Where another process is faster, its name counts. A file cannot be renamed so that this is sure; a folder can.
        _ = DurableFolder.Rename(staging.Content, paths.Identity);
        return Read(paths) ?? throw new IOException("The repository's name is gone as soon as it is written.");
    }
}
