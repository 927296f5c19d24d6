using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Files;

namespace Krewe.Serving.Publishing.Files;

/// <summary>Translates file system failures for publishers.</summary>
internal static class StorageFault
{
    private const int ReadOnlySystem = 30;
    private const int OtherDevice = 18;
    private const long MaxReserve = 1L << 30;

    /// <summary>The error for the caller; contains no path.</summary>
    public static KreweException Translate(Exception error) => error switch
    {
        _ when FileFault.IsFull(error) => KreweException.StorageFull(
            "the disk that holds the repository is full: free some space and publish again", error),
        UnauthorizedAccessException or IOException { HResult: ReadOnlySystem } => KreweException.Unavailable(
            "this process may not write to the repository: grant it write permission, or copy the files there by other means", null, error),
        IOException { HResult: OtherDevice } => KreweException.Unavailable(
            "the model's folder is on another file system than the repository, and a version is published by a rename", null, error),
        _ => KreweException.Unavailable(
            $"failed to write to the repository: {error.GetType().Name}; see the server's log", null, error),
    };

    /// <summary>
    /// Rejects bytes that leave less than the reserve: 5 % of the disk, at most 1 GiB. Load records, decisions and deletes need it.
    /// </summary>
    public static void CheckFreeSpace(string folder, long bytes)
    {
        if (DriveOf(folder) is var (free, reserve) && bytes > free - reserve)
        {
            throw KreweException.StorageFull(
                $"the version needs {ErrorText.Bytes(bytes)} more, and the disk that holds the repository has {ErrorText.Bytes(free)} "
                    + $"free, of which {ErrorText.Bytes(reserve)} are kept: free some space and publish again");
        }
    }

    private static (long Free, long Reserve)? DriveOf(string folder)
    {
        try
        {
            var drive = new DriveInfo(folder);
            return (drive.AvailableFreeSpace, Math.Min(drive.TotalSize / 20, MaxReserve));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The file system does not report free space; writing fails when it is full.
            return null;
        }
    }
}
