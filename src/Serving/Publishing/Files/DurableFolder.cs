using System.Runtime.InteropServices;

namespace Krewe.Serving.Publishing.Files;

/// <summary>A rename that fails if the target exists, which .NET lacks: checking first would race with other processes.</summary>
internal static partial class DurableFolder
{
    private const int NoEntry = 2;
    private const int Exists = 17;
    private const int NoFolder = 20;
    private const int NotEmptyOnLinux = 39;
    private const int NotEmptyElsewhere = 66;

    /// <summary>
    /// Renames a folder atomically; an empty folder at the target is replaced, anything else there gives
    /// <see cref="RenameResult.Occupied"/>. Throws <see cref="IOException"/> with the system's error number.
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
