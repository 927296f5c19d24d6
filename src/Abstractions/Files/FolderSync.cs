using System.Runtime.InteropServices;

namespace Krewe.Abstractions.Files;

/// <summary>Flushes the entries of a folder to disk (fsync), which .NET has no API for.</summary>
public static partial class FolderSync
{
    private const int NoEntry = 2;
    private const int ReadOnly = 0;

    /// <summary>Returns once created and deleted entries of the folder are on disk. Does nothing if the folder has been removed.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            // Windows journals directory entries, and cannot open folders for flushing.
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

        // Some file systems do not support fsync on folders and fail; there is no alternative.
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
