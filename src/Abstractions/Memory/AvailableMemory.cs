using System.Globalization;

namespace Krewe.Abstractions.Memory;

/// <summary>The memory that this process may have: the least limit of its containers (cgroups), or the machine's.</summary>
public static class AvailableMemory
{
    private const string Groups = "/proc/self/cgroup";
    private const string Mount = "/sys/fs/cgroup";

    /// <summary>Read once: a limit that changes later takes effect at the next start.</summary>
    public static long Bytes { get; } = Read();

    private static long Read()
    {
        // The garbage collector's own number is three quarters of a container's limit.
        var machine = OperatingSystem.IsLinux() ? OfMachine() : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return File.Exists(Groups) ? Math.Min(machine, LeastLimit(File.ReadAllLines(Groups), Mount)) : machine;
    }

    /// <summary>The least limit of the groups that a process is in; <see cref="long.MaxValue"/> for none.</summary>
    /// <param name="groups">The lines of <c>/proc/self/cgroup</c>.</param>
    /// <param name="mount">Where the groups are mounted.</param>
    internal static long LeastLimit(IEnumerable<string> groups, string mount)
    {
        var least = long.MaxValue;
        foreach (var line in groups)
        {
            // 0::/path in version 2, number:controllers:/path in version 1.
            if (line.Split(':', 3) is not [_, var controllers, var path]
                || (controllers.Length > 0 && !controllers.Split(',').Contains("memory")))
            {
                continue;
            }

            var (root, file) = controllers.Length == 0 ? (mount, "memory.max") : (Path.Combine(mount, "memory"), "memory.limit_in_bytes");
            for (var group = path.Trim('/'); ; group = Path.GetDirectoryName(group) ?? "")
            {
                least = Math.Min(least, LimitOf(Path.Combine(root, group, file)));
                if (group.Length == 0)
                {
                    break;
                }
            }
        }

        return least;
    }

    private static long LimitOf(string file)
    {
        try
        {
            return long.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var limit) ? limit : long.MaxValue;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return long.MaxValue;
        }
    }

    private static long OfMachine()
    {
        const string Name = "MemTotal:";
        var line = File.ReadLines("/proc/meminfo").First(static line => line.StartsWith(Name, StringComparison.Ordinal));
        return long.Parse(line[Name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) << 10;
    }
}
