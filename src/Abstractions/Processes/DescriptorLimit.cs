using System.Globalization;

namespace Krewe.Abstractions.Processes;

/// <summary>The number of files and sockets that this process may have open at once (RLIMIT_NOFILE).</summary>
public static class DescriptorLimit
{
    private const int MaxReserve = 32;
    private static readonly long? Limit = ReadLimit();

    /// <summary>A share of the descriptors that are free now, within bounds; the upper bound where the system does not tell.</summary>
    public static int Share(double share, int least, int most) =>
        Free() is { } free ? (int)Math.Clamp(free * share, least, most) : most;

    /// <summary>
    /// True while only a reserve is left. A listener must not take from it: .NET needs two descriptors to start a thread, and ends the
    /// process where it finds none; and Kestrel's and Orleans' listeners try an accept again without a pause.
    /// </summary>
    public static bool IsShort()
    {
        if (Limit is not { } limit)
        {
            return false;
        }

        try
        {
            // The system gives the lowest number that is free.
            using var lowest = File.OpenHandle("/dev/null");
            return lowest.DangerousGetHandle() >= limit - Math.Min(MaxReserve, limit / 8);
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static long? Free()
    {
        try
        {
            return Limit - Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? ReadLimit()
    {
        try
        {
            // "Max open files            1024                 4096                 files"
            var limit = File.ReadLines("/proc/self/limits")
                .First(static line => line.StartsWith("Max open files", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
            return long.TryParse(limit, CultureInfo.InvariantCulture, out var descriptors) ? descriptors : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }
}
