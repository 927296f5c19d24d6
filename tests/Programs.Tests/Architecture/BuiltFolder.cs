using System.Runtime.CompilerServices;

namespace Krewe.Programs.Tests.Architecture;

/// <summary>What the build of a project has put beside its program.</summary>
internal static class BuiltFolder
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>All files of a project, built like these tests, by their names.</summary>
    /// <param name="project">Its folder below the root: <c>src/Gateway</c>.</param>
    public static IReadOnlyList<string> FilesOf(string project)
    {
        // .../bin/Release/net10.0/
        var framework = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var folder = Path.Combine(Root, project, "bin", framework.Parent!.Name, framework.Name);
        return [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetFileName(file))];
    }

    private static string FindRoot([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../../.."));
}
