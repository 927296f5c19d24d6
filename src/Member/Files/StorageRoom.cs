namespace Krewe.Member;

/// <summary>Tells a full disk from other failures of the file system.</summary>
internal static class StorageRoom
{
    private const int NoSpace = 28;
    private const int TooLarge = 27;
    private const int QuotaOnLinux = 122;
    private const int WindowsNoSpace = unchecked((int)0x80070070);

    public static bool IsFull(Exception error) => error is IOException { HResult: NoSpace or TooLarge or QuotaOnLinux or WindowsNoSpace };
}
