using Krewe.Abstractions.Files;

namespace Krewe.Serving.Publishing.Files;

/// <summary>
/// A folder for one upload, removed when disposed. An open lock in it says that its process is alive: whoever can take the lock of
/// another's may remove it.
/// </summary>
internal sealed class StagingFolder : IDisposable
{
    private const string LockName = "lock";
    private const int Attempts = 64;
    private readonly string folder;
    private readonly FileStream hold;

    private StagingFolder(string folder, FileStream hold) => (this.folder, this.hold) = (folder, hold);

    /// <summary>Where the bytes are written as they come.</summary>
    public string Body => Path.Combine(folder, "body");

    /// <summary>Where they are unpacked.</summary>
    public string Content => Path.Combine(folder, "content");

    /// <summary>Makes one; throws what the file system throws.</summary>
    public static StagingFolder Create(RepositoryPaths paths)
    {
        for (var attempt = 1; ; attempt++)
        {
            var folder = Path.Combine(paths.Staging, RepositoryPaths.NewName());
            Directory.CreateDirectory(folder);
            if (TryHold(folder) is { } hold)
            {
                return new StagingFolder(folder, hold);
            }

            if (attempt == Attempts)
            {
                throw new IOException("A folder for an upload was taken away as often as it was made.");
            }
        }
    }

    /// <summary>
    /// Moves a folder whose process has ended into the trash; false where it has not. One step: somebody who has just made it, and has
    /// not locked it yet, finds all of it or nothing.
    /// </summary>
    public static bool TryDiscard(string folder, RepositoryPaths paths)
    {
        using var hold = TryHold(folder);
        if (hold is null)
        {
            return false;
        }

        Directory.CreateDirectory(paths.Trash);
        return DurableFolder.Rename(folder, Path.Combine(paths.Trash, RepositoryPaths.NewName())) == RenameResult.Done;
    }

    /// <summary>Removes a folder with all that is in it; one that another process removes at the same time is as good as removed.</summary>
    public static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else was faster.
        }
    }

    public void Dispose()
    {
        try
        {
            Remove(folder);
        }
        catch (Exception error) when (FileFault.Is(error))
        {
            // The next start of any process on this repository removes it.
        }

        hold.Dispose();
    }

    /// <summary>Null where another holds it, or has just removed it.</summary>
    private static FileStream? TryHold(string folder)
    {
        FileStream hold;
        var path = Path.Combine(folder, LockName);
        try
        {
            hold = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error is DirectoryNotFoundException || FileFault.IsLocked(error))
        {
            return null;
        }

        if (File.Exists(path))
        {
            return hold;
        }

        hold.Dispose();
        return null;
    }
}
