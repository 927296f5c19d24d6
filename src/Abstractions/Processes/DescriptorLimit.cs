using System.Globalization;

namespace Krewe.Abstractions.Processes;

/// <summary>The number of files and sockets that this process may have open at once (RLIMIT_NOFILE).</summary>
public static class DescriptorLimit
{
    /// <summary>A share of the descriptors that are free now, within bounds; the upper bound where the system does not tell.</summary>
    public static int Share(double share, int least, int most) =>
        Free() is { } free ? (int)Math.Clamp(free * share, least, most) : most;

    private static long? Free()
    {
        try
        {
            // "Max open files            1024                 4096                 files"
            var limit = File.ReadLines("/proc/self/limits")
                .First(static line => line.StartsWith("Max open files", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
            return long.TryParse(limit, CultureInfo.InvariantCulture, out var descriptors)
                ? descriptors - Directory.EnumerateFileSystemEntries("/proc/self/fd").Count()
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }
}
