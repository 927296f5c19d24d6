namespace Krewe.Serving.Repository.Files;

/// <summary>Resolves paths with links in any segment.</summary>
internal static class RealPath
{
    private const int MaxLinks = 40;
    private static readonly char[] Separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    private static StringComparison Comparison =>
        OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>True if a path resolves to something below a folder; it need not exist.</summary>
    public static bool IsInside(string path, string folder)
    {
        try
        {
            return Resolve(path).StartsWith(Path.TrimEndingDirectorySeparator(Resolve(folder)) + Path.DirectorySeparatorChar, Comparison);
        }
        catch (IOException)
        {
            // A cycle of links resolves to nothing.
            return false;
        }
    }

    /// <summary>The path without links; throws <see cref="IOException"/> for a cycle.</summary>
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
                throw new IOException("The links form a cycle.");
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

    /// <summary>The file that a link finally resolves to; null if it is not a file.</summary>
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
