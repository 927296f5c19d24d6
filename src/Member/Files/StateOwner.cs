using Krewe.Abstractions.Files;

namespace Krewe.Member.Files;

/// <summary>
/// Makes this process the only one that writes to a folder of state: two would undo each other's decisions. The system lets go of it when
/// the process ends, however it ends. Thread-safe.
/// </summary>
public sealed class StateOwner(string folder) : IDisposable
{
    private readonly Lock taking = new();
    private volatile FileStream? hold;

    /// <summary>
    /// Takes the folder, which is made where it is not there; false where another process has it. Throws what the file system throws.
    /// </summary>
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
