using Krewe.Abstractions.Files;

namespace Krewe.Serving.Publishing.Files;

/// <summary>Removes what processes that have ended left behind: uploads that were under way, and files half deleted.</summary>
internal static class StagingCleaner
{
    /// <summary>How many were removed. What cannot be removed stays for the next time.</summary>
    public static int Clean(RepositoryPaths paths)
    {
        foreach (var folder in Entries(paths.Staging))
        {
            Try(() => StagingFolder.TryDiscard(folder, paths));
        }

        // What is in the trash is to go, whoever put it there.
        return Entries(paths.Trash).Count(TryRemove);
    }

    /// <summary>Removes one thing from the trash: a folder, or a link to one. False where that cannot be done now.</summary>
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
