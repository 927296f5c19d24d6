using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Files;

namespace Krewe.Serving.Publishing.Files;

/// <summary>What a failure of the file system means to somebody who publishes.</summary>
internal static class StorageFault
{
    private const int ReadOnlySystem = 30;
    private const int OtherDevice = 18;

    /// <summary>The error for the caller; nothing in it names a path.</summary>
    public static KreweException Translate(Exception error) => error switch
    {
        _ when FileFault.IsFull(error) => KreweException.StorageFull(
            "the disk that holds the repository is full: make room and publish again", error),
        UnauthorizedAccessException or IOException { HResult: ReadOnlySystem } => KreweException.Unavailable(
            "this process may not write to the repository: give it the right to, or put the files there by other means", null, error),
        IOException { HResult: OtherDevice } => KreweException.Unavailable(
            "the model's folder lies on another file system than the repository, and what is published must come by a rename", null, error),
        _ => KreweException.Unavailable(
            $"the repository could not be written: {error.GetType().Name}, described in the server's log", null, error),
    };

    /// <summary>What is too large for what is left is not begun.</summary>
    public static void CheckRoom(string folder, long? length)
    {
        if (length is { } bytes && FreeBytes(folder) is { } free && bytes > free)
        {
            throw KreweException.StorageFull(
                $"{ErrorText.Bytes(bytes)} are announced, and the disk that holds the repository has room for {ErrorText.Bytes(free)}");
        }
    }

    private static long? FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A file system that does not say; it will when it is full.
            return null;
        }
    }
}
