namespace Krewe.Serving.Repository.Files;

/// <summary>Where paths really lead, the links in every part of them followed.</summary>
internal static class RealPath
{
    private const int MaxLinks = 40;
    private static readonly char[] Separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    private static StringComparison Comparison =>
        OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>True where a path leads to something below a folder; whether it is there does not matter.</summary>
    public static bool IsInside(string path, string folder)
    {
        try
        {
            return Resolve(path).StartsWith(Path.TrimEndingDirectorySeparator(Resolve(folder)) + Path.DirectorySeparatorChar, Comparison);
        }
        catch (IOException)
        {
            // Links in a circle lead nowhere.
            return false;
        }
    }

    /// <summary>The path without links; throws <see cref="IOException"/> where they go in a circle.</summary>
    public static string Resolve(string path)
    {
        var full = Path.GetFullPath(path);
        var root = Path.GetPathRoot(full)!;
        var (resolved, links) = (root, 0);
        var pending = new Stack<string>();
        Push(pending, full[root.Length..]);
        while (pending.TryPop(out var part))
        {
            if (part == "..")
            {
                resolved = Path.GetDirectoryName(resolved) ?? root;
                continue;
            }

            var next = Path.Combine(resolved, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                resolved = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                throw new IOException("Links go in a circle.");
            }

            if (Path.IsPathRooted(target))
            {
                resolved = Path.GetPathRoot(target)!;
                target = target[resolved.Length..];
            }

            Push(pending, target);
        }

        return resolved;
    }

    /// <summary>The file that a link leads to in the end; null where it leads to none.</summary>
    public static FileInfo? FindFile(string link)
    {
        try
        {
            return new FileInfo(link).ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } file ? file : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Push(Stack<string> pending, string path)
    {
        foreach (var part in path.Split(Separators, StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").Reverse())
        {
            pending.Push(part);
        }
    }
}
