namespace Krewe.Abstractions.Files;

/// <summary>Which exceptions are the file system's, and what they mean, by the numbers of Linux, macOS and Windows.</summary>
public static class FileFault
{
    private const int NoSpace = 28;
    private const int TooLarge = 27;
    private const int QuotaOnLinux = 122;
    private const int WindowsNoSpace = unchecked((int)0x80070070);
    private const int LockedOnLinux = 11;
    private const int LockedElsewhere = 35;
    private const int WindowsLocked = unchecked((int)0x80070020);

    /// <summary>True where it is one of the file system's.</summary>
    public static bool Is(Exception error) => error is IOException or UnauthorizedAccessException;

    /// <summary>True where another process holds the file.</summary>
    public static bool IsLocked(Exception error) => error is IOException { HResult: LockedOnLinux or LockedElsewhere or WindowsLocked };

    /// <summary>True where the disk, or what this user may have of it, is full.</summary>
    public static bool IsFull(Exception error) => error is IOException { HResult: NoSpace or TooLarge or QuotaOnLinux or WindowsNoSpace };
}
