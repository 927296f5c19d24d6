namespace Krewe.Serving;

/// <summary>
/// Makes this process the only one that keeps decisions in a folder: two would undo each other's. The system lets go of it when the process
/// ends, however it ends.
/// </summary>
internal sealed class StateOwner(string folder) : IDisposable
{
    private volatile FileStream? hold;

    /// <summary>True where this process is the one.</summary>
    public bool IsTaken => hold is not null;

    /// <summary>
    /// Takes the folder, which is made where it is not there; false where another process has it. Throws what the file system throws. One
    /// caller at a time.
    /// </summary>
    public bool TryTake()
    {
        Directory.CreateDirectory(folder);
        try
        {
            hold ??= new FileStream(Path.Combine(folder, "owner"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException error) when (StorageFault.IsLocked(error))
        {
            return false;
        }
    }

    public void Dispose() => hold?.Dispose();
}
