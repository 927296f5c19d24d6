using System.Runtime.InteropServices;

namespace Krewe.Serving;

/// <summary>
/// What a change of folders needs that .NET does not have: one rename that fails where something is in the way, with no look before it
/// that another process could fool, and folders brought to disk.
/// </summary>
internal static partial class DurableFolder
{
    private const int NoEntry = 2;
    private const int Exists = 17;
    private const int NoFolder = 20;
    private const int NotEmptyOnLinux = 39;
    private const int NotEmptyElsewhere = 66;
    private const int ReadOnly = 0;

    /// <summary>
    /// Renames a folder in one step; an empty folder in its new place is replaced. Anything else there is
    /// <see cref="RenameResult.Occupied"/>. Throws <see cref="IOException"/> with the system's number.
    /// </summary>
    public static RenameResult Rename(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            return RenameOnWindows(from, to);
        }

        return RenameFile(from, to) == 0 ? RenameResult.Done : Marshal.GetLastPInvokeError() switch
        {
            NoEntry => RenameResult.NoParent,
            Exists or NoFolder or NotEmptyOnLinux or NotEmptyElsewhere => RenameResult.Occupied,
            var number => throw new IOException($"The folder cannot be renamed: {Marshal.GetPInvokeErrorMessage(number)}.", number),
        };
    }

    /// <summary>Brings names made in or taken out of a folder to disk; one that is gone meanwhile needs that no more.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            // Windows keeps a journal of names, and opens no folders for this.
            return;
        }

        var handle = Open(folder, ReadOnly);
        if (handle < 0)
        {
            var number = Marshal.GetLastPInvokeError();
            if (number != NoEntry)
            {
                throw new IOException($"The folder cannot be opened: {Marshal.GetPInvokeErrorMessage(number)}.", number);
            }

            return;
        }

        // Some file systems cannot do this for folders and say so; they have no better way.
        _ = Sync(handle);
        _ = Close(handle);
    }

    private static RenameResult RenameOnWindows(string from, string to)
    {
        if (Path.Exists(to))
        {
            return RenameResult.Occupied;
        }

        if (!Directory.Exists(Path.GetDirectoryName(to)))
        {
            return RenameResult.NoParent;
        }

        Directory.Move(from, to);
        return RenameResult.Done;
    }

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int RenameFile(string from, string to);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
