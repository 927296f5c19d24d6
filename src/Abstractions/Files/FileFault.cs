namespace Krewe.Abstractions.Files;

/// <summary>Classifies file system exceptions by the error numbers of Linux, macOS and Windows.</summary>
public static class FileFault
{
    private const int NoSpace = 28;
    private const int TooLarge = 27;
    private const int QuotaOnLinux = 122;
    private const int WindowsNoSpace = unchecked((int)0x80070070);
    private const int LockedOnLinux = 11;
    private const int LockedElsewhere = 35;
    private const int WindowsLocked = unchecked((int)0x80070020);

    /// <summary>True for file system exceptions.</summary>
    public static bool Is(Exception error) => error is IOException or UnauthorizedAccessException;

    /// <summary>True if another process has locked the file.</summary>
    public static bool IsLocked(Exception error) => error is IOException { HResult: LockedOnLinux or LockedElsewhere or WindowsLocked };

    /// <summary>True if the disk is full or the user's quota is used up.</summary>
    public static bool IsFull(Exception error) => error is IOException { HResult: NoSpace or TooLarge or QuotaOnLinux or WindowsNoSpace };
}
