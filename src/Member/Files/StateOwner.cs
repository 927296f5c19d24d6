using Krewe.Abstractions.Files;

namespace Krewe.Member.Files;

/// <summary>
/// A file lock that makes this process the only writer of a state folder; two would overwrite each other's decisions. The operating system
/// releases it when the process ends or crashes. Thread-safe.
/// </summary>
public sealed class StateOwner(string folder) : IDisposable
{
    private readonly Lock taking = new();
    private volatile FileStream? hold;

    /// <summary>Locks the folder, creating it if needed; false if another process holds the lock. Throws I/O errors.</summary>
    public bool TryTake()
    {
        if (hold is not null)
        {
            return true;
        }

        lock (taking)
        {
            Directory.CreateDirectory(folder);
            try
            {
                hold ??= new FileStream(Path.Combine(folder, "owner"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return true;
            }
            catch (IOException error) when (FileFault.IsLocked(error))
            {
                return false;
            }
        }
    }

    public void Dispose() => hold?.Dispose();
}
