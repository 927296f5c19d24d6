using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Krewe.Serving.OnnxFiles;

/// <summary>Tells regular files from pipes, sockets and devices, which .NET does not.</summary>
internal static partial class FileKind
{
    private const int CurrentFolder = -100;
    private const uint TypeAndMode = 1;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int RegularFile = 0x8000;

    /// <summary>
    /// True where the path leads to a regular file, links followed; throws <see cref="FileNotFoundException"/> where it leads nowhere.
    /// Away from Linux whatever is no folder and no device counts.
    /// </summary>
    public static bool IsRegular(string path)
    {
        var attributes = File.GetAttributes(path);
        if (!OperatingSystem.IsLinux())
        {
            return (attributes & (FileAttributes.Directory | FileAttributes.Device)) == 0;
        }

        // The layout of statx is the same on every architecture; that of stat is not.
        Span<byte> answer = stackalloc byte[256];
        if (StatX(CurrentFolder, path, 0, TypeAndMode, answer) != 0)
        {
            throw new FileNotFoundException("The path leads nowhere.");
        }

        return (BinaryPrimitives.ReadUInt16LittleEndian(answer[ModeOffset..]) & TypeMask) == RegularFile;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, Span<byte> answer);
}
