using Krewe.Abstractions.Files;

namespace Krewe.Serving.Publishing.Files;

/// <summary>
/// The folder of one upload, removed when disposed. It contains a file that its process keeps locked: if the lock can be taken, the process
/// has exited and the folder can be removed.
/// </summary>
internal sealed class StagingFolder : IDisposable
{
    private const string LockName = "lock";
    private const int Attempts = 64;
    private readonly string folder;
    private readonly FileStream hold;

    private StagingFolder(string folder, FileStream hold) => (this.folder, this.hold) = (folder, hold);

    public string Folder => folder;

    /// <summary>The file that receives the upload.</summary>
    public string Body => Path.Combine(folder, "body");

    /// <summary>The folder to unpack to.</summary>
    public string Content => Path.Combine(folder, "content");

    /// <summary>Creates a folder; throws file system exceptions.</summary>
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
                throw new IOException("The folder for an upload keeps being deleted by others.");
            }
        }
    }

    /// <summary>
    /// Moves the folder to the trash if its process has exited; returns false if not. The rename is atomic: a process that has just created
    /// the folder and not locked it yet finds all of it or nothing.
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

    /// <summary>Removes a folder recursively; ignores that another process may remove it at the same time.</summary>
    public static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Another process removed it first.
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
            // Removed at the next start of any process that uses this repository.
        }

        hold.Dispose();
    }

    /// <summary>Null if another process holds the lock, or has just removed it.</summary>
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
