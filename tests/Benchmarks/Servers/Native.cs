using System.Runtime.InteropServices;

namespace Krewe.Benchmarks.Servers;

/// <summary>What the system can do and .NET does not offer.</summary>
internal static partial class Native
{
    private const int Monotonic = 1, Absolute = 1;

    /// <summary>Waits until the clock of <see cref="System.Diagnostics.Stopwatch"/> shows a time, to some 60 µs.</summary>
    public static void WaitUntil(long timestamp)
    {
        var (seconds, nanoseconds) = Math.DivRem(timestamp, 1_000_000_000L);
        var time = new TimeSpec((nint)seconds, (nint)nanoseconds);
        _ = ClockNanosleep(Monotonic, Absolute, in time, 0);
    }

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int ClockNanosleep(int clock, int flags, in TimeSpec time, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(nint Seconds, nint Nanoseconds);
}
