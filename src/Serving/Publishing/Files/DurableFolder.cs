using System.Runtime.InteropServices;

namespace Krewe.Serving.Publishing.Files;

/// <summary>
/// What a change of folders needs that .NET does not have: one rename that fails where something is in the way, with no look before it
/// that another process could fool.
/// </summary>
internal static partial class DurableFolder
{
    private const int NoEntry = 2;
    private const int Exists = 17;
    private const int NoFolder = 20;
    private const int NotEmptyOnLinux = 39;
    private const int NotEmptyElsewhere = 66;

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
}
