using System.Buffers.Text;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Krewe.Serving.Memory;

/// <summary>
/// glibc reports the bytes it has allocated, but keeps freed memory until <c>malloc_trim</c>: disposing sessions alone does not shrink the
/// process.
/// </summary>
internal sealed partial class GlibcMemory : ProcessMemory
{
    private readonly SafeFileHandle? residentFile = File.Exists("/proc/self/statm") ? File.OpenHandle("/proc/self/statm") : null;

    public override long NativeBytesInUse
    {
        get
        {
            var info = ReadMallocInfo();
            return (long)(info.BytesInUse + info.BytesMapped);
        }
    }

    public override long ResidentBytes
    {
        get
        {
            Span<byte> text = stackalloc byte[128];
            var length = residentFile is null ? 0 : RandomAccess.Read(residentFile, text, 0);
            var second = text[..length].IndexOf((byte)' ') + 1;
            return Utf8Parser.TryParse(text[second..length], out long pages, out _) ? pages * Environment.SystemPageSize
                : Environment.WorkingSet;
        }
    }

    public static bool IsUsable() =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(
            library, "mallinfo2", out _);

    public override void ReturnFreeMemory() => _ = TrimHeap(0);

    [LibraryImport("libc.so.6", EntryPoint = "mallinfo2")]
    private static partial MallocInfo ReadMallocInfo();

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint keep);

    /// <summary>The layout of <c>struct mallinfo2</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct MallocInfo
    {
        public readonly nuint ArenaBytes, FreeChunks, FastbinChunks, MappedRegions, BytesMapped, HighestUsed, FastbinBytes, BytesInUse,
            BytesFree, TopBytes;
    }
}
