using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Krewe.Serving.OnnxFiles;

/// <summary>Distinguishes regular files from pipes, sockets and devices, which .NET cannot.</summary>
internal static partial class FileKind
{
    private const int CurrentFolder = -100;
    private const uint TypeAndMode = 1;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int RegularFile = 0x8000;

    /// <summary>
    /// True if the path refers to a regular file, following links; throws <see cref="FileNotFoundException"/> if it does not exist. On
    /// other systems than Linux, anything but folders and devices counts.
    /// </summary>
    public static bool IsRegular(string path)
    {
        var attributes = File.GetAttributes(path);
        if (!OperatingSystem.IsLinux())
        {
            return (attributes & (FileAttributes.Directory | FileAttributes.Device)) == 0;
        }

        // Unlike stat, statx has the same layout on every architecture.
        Span<byte> answer = stackalloc byte[256];
        if (StatX(CurrentFolder, path, 0, TypeAndMode, answer) != 0)
        {
            throw new FileNotFoundException("The path does not exist.");
        }

        return (BinaryPrimitives.ReadUInt16LittleEndian(answer[ModeOffset..]) & TypeMask) == RegularFile;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, Span<byte> answer);
}
