using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Krewe.Serving.Isolation;

/// <summary>Resource limits that a worker process sets for itself before it opens a model.</summary>
internal static partial class ProcessLimits
{
    private const int DataSegment = 2;
    private const int CoreFile = 4;
    private const int Descriptors = 7;
    private const int FreePages = 9;
    private const int Niceness = 10;

    /// <summary>The limit of open descriptors: a worker needs about 40, plus one for each file of external weights.</summary>
    private const int MaxDescriptors = 1024;

    /// <summary>
    /// Private memory of at most <paramref name="bytes"/> beyond what the process has, no core files, few descriptors, and the first to be
    /// ended where the machine runs out of memory.
    /// </summary>
    public static void Apply(long bytes)
    {
        Set(CoreFile, 0);
        _ = GetLimit(Descriptors, out var descriptors);
        Set(Descriptors, Math.Min(MaxDescriptors, descriptors.Maximum));
        Set(DataSegment, (ulong)(ReadStatus("self", "VmData") + bytes));
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "1000");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The limit holds all the same.
        }
    }

    /// <summary>Lowers the priority of this thread, so that opening a model delays no run.</summary>
    public static void LowerPriority() => _ = SetPriority(0, 0, Niceness);

    /// <summary>Releases pages of shared memory; they read as zeros afterwards.</summary>
    public static unsafe void Free(byte* start, long length) => _ = Advise(start, (nuint)length, FreePages);

    /// <summary>A size in bytes from a process's status.</summary>
    /// <param name="process">Its number, or <c>self</c>.</param>
    /// <param name="name">The name of the line.</param>
    public static long ReadStatus(string process, string name)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[(name.Length + 1)..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) << 10;
    }

    private static void Set(int resource, ulong value)
    {
        var limit = new Limit { Current = value, Maximum = value };
        if (SetLimit(resource, ref limit) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "setrlimit failed");
        }
    }

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, ref Limit limit);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static unsafe partial int Advise(byte* start, nuint length, int advice);

    private struct Limit
    {
        public ulong Current;
        public ulong Maximum;
    }
}
