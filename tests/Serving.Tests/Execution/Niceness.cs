using System.Globalization;

namespace Krewe.Serving.Tests.Execution;

/// <summary>Priorities of the threads of this process, as Linux has them: from -20, the highest, to 19.</summary>
internal static class Niceness
{
    public const int Lowest = 19;

    public static int OfThisThread() => Of("/proc/thread-self");

    /// <summary>The folders of the threads of the lowest priority with this name.</summary>
    public static IReadOnlyList<string> FindLowest(string name) =>
    [
        .. Directory.EnumerateDirectories("/proc/self/task")
            .Where(thread => File.ReadAllText(thread + "/comm").Trim() == name && Of(thread) == Lowest),
    ];

    /// <summary>The number of voluntary context switches of a thread.</summary>
    public static long CountSleeps(string thread)
    {
        const string field = "voluntary_ctxt_switches:";
        var line = File.ReadLines(thread + "/status").Single(static line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line[field.Length..], CultureInfo.InvariantCulture);
    }

    // The 19th field, counted behind the name in brackets.
    private static int Of(string thread)
    {
        var line = File.ReadAllText(thread + "/stat");
        return int.Parse(line[(line.LastIndexOf(')') + 2)..].Split(' ')[16], CultureInfo.InvariantCulture);
    }
}
