using System.Runtime.CompilerServices;

namespace Krewe.Programs.Tests;

/// <summary>Rules that hold for every source file.</summary>
public sealed class SourceTests
{
    private const int MaxLines = 400;
    private static readonly string[] NoConcepts = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utilities"];
    private static readonly string Root = FindRoot();

    private static readonly List<string> Files = [.. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Root, file))
        .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))];

    [Fact]
    public void The_rules_are_held_against_all_of_the_source() => Assert.True(Files.Count > 100, $"only {Files.Count} files in {Root}");

    [Fact]
    public void A_file_is_named_for_a_concept_and_is_not_long() => Assert.All(Files, file =>
    {
        Assert.DoesNotContain(NoConcepts, word => Path.GetFileNameWithoutExtension(file).EndsWith(word, StringComparison.Ordinal));
        Assert.DoesNotContain("Common", Path.GetDirectoryName(file)!.Split(Path.DirectorySeparatorChar));
        var text = File.ReadAllText(Path.Combine(Root, file));
        Assert.True(text.Count(letter => letter == '\n') <= MaxLines, $"more than {MaxLines} lines");
        Assert.DoesNotContain("#region", text);
    });

    [Fact]
    public void The_namespace_is_that_of_the_project_or_of_the_folder() => Assert.All(Files, file =>
    {
        var folders = file.Split(Path.DirectorySeparatorChar)[1..^1];
        string[] allowed = [$"namespace Krewe.{folders[0]};", $"namespace Krewe.{string.Join('.', folders)};"];
        var declared = File.ReadLines(Path.Combine(Root, file)).Where(line => line.StartsWith("namespace ", StringComparison.Ordinal));
        Assert.All(declared, line => Assert.Contains(line, allowed));
    });

    private static string FindRoot([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../../.."));
}
