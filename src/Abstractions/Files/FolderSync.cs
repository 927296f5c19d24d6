using System.Runtime.InteropServices;

namespace Krewe.Abstractions.Files;

/// <summary>Brings the names in a folder to disk (fsync), for which .NET has nothing.</summary>
public static partial class FolderSync
{
    private const int NoEntry = 2;
    private const int ReadOnly = 0;

    /// <summary>Done when names made in or taken out of a folder are on disk; a folder that is gone meanwhile needs that no more.</summary>
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

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
