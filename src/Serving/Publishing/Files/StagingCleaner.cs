using Krewe.Abstractions.Files;

namespace Krewe.Serving.Publishing.Files;

/// <summary>Removes leftovers of processes that have exited: unfinished uploads and deletions.</summary>
internal static class StagingCleaner
{
    /// <summary>Returns the number of removed entries. What cannot be removed stays until the next time.</summary>
    public static int Clean(RepositoryPaths paths)
    {
        foreach (var folder in Entries(paths.Staging))
        {
            Try(() => StagingFolder.TryDiscard(folder, paths));
        }

        // Everything in the trash can be removed, whichever process put it there.
        return Entries(paths.Trash).Count(TryRemove);
    }

    /// <summary>Removes an entry of the trash: a folder, or a link to one. False if that fails now.</summary>
    public static bool TryRemove(string path) => Try(() =>
    {
        StagingFolder.Remove(path);
        return true;
    });

    private static string[] Entries(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (Exception error) when (FileFault.Is(error))
        {
            return [];
        }
    }

    private static bool Try(Func<bool> remove)
    {
        try
        {
            return remove();
        }
        catch (Exception error) when (FileFault.Is(error))
        {
            return false;
        }
    }
}
