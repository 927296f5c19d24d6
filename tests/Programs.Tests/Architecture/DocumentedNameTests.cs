using System.Text.RegularExpressions;

namespace Krewe.Programs.Tests.Architecture;

/// <summary>The types, members, files and folders that the pages on the code name in backticks exist.</summary>
public sealed partial class DocumentedNameTests
{
    private static readonly string[] CodeFolders = ["src", "samples"];
    private static readonly string[] OtherFolders = ["tests", "docs", "docker", "eng"];

    /// <summary>Placeholders, which stand for many names.</summary>
    private static readonly string[] Placeholders = ["src/X", "tests/X.Tests"];

    private static readonly HashSet<string> Paths = [.. FindPaths().SelectMany(Endings)];
    private static readonly List<HashSet<string>> IdentifiersByFile = [.. FindIdentifiers()];

    [Theory]
    [InlineData("architecture.md")]
    [InlineData("internals.md")]
    public void A_documented_name_exists(string page)
    {
        string[] names = [.. NamesIn(File.ReadAllText(Path.Combine(BuiltFolder.Root, "docs", page))).Except(Placeholders)];

        Assert.True(names.Length > 30, $"only {names.Length} names in {page}");
        Assert.Equal("", Missing(names));
    }

    [Theory]
    [InlineData("`BatchQueue`, `Batching/BatchQueue`, `src/Member/Sql`, `RolloutRoute.IsTwinned`, `Member/Sql/Steps/`, `eng/house`", "")]
    [InlineData("`BatchLine`", "BatchLine")]
    [InlineData("`BatchQueue.Pick`", "BatchQueue.Pick")]
    [InlineData("`Routing/BatchQueue`", "Routing/BatchQueue")]
    [InlineData("`Queue/BatchQueue`, `src/Serving/Traffic`, `eng/hous`", "Queue/BatchQueue src/Serving/Traffic eng/hous")]
    [InlineData("BatchLine, `--batch-line`, `POST /v2/Batch/Line`, `batch`, `.krewe/staging`, `rename(2)`", "")]
    public void The_test_would_see_a_name_that_does_not(string text, string missing) =>
        Assert.Equal(missing, Missing(NamesIn(text)));

    private static IEnumerable<string> NamesIn(string page) =>
        Name().Matches(page).Select(static match => match.Groups[1].Value).Distinct();

    private static string Missing(IEnumerable<string> names) => string.Join(' ', names.Where(static name => !Exists(name)));

    /// <summary>A path, or identifiers that are together in one file.</summary>
    private static bool Exists(string name) =>
        Paths.Contains(name) || (!name.Contains('/') && IdentifiersByFile.Exists(file => name.Split('.').All(file.Contains)));

    /// <summary>Files without and with their extensions, and folders; relative to the root.</summary>
    private static IEnumerable<string> FindPaths()
    {
        var inFolders = CodeFolders.Concat(OtherFolders).SelectMany(static folder => Directory.EnumerateFileSystemEntries(
            Path.Combine(BuiltFolder.Root, folder), "*", SearchOption.AllDirectories)).Where(static path => !IsBuilt(path));
        return Directory.EnumerateFileSystemEntries(BuiltFolder.Root).Concat(inFolders)
            .Select(static path => Path.GetRelativePath(BuiltFolder.Root, path).Replace('\\', '/'))
            .SelectMany(static path => new[] { path, Path.ChangeExtension(path, null) });
    }

    /// <summary>The names by which a page may refer to a path: all of it, or from any of its folders on.</summary>
    private static IEnumerable<string> Endings(string path) =>
        Enumerable.Range(0, path.Length).Where(start => start == 0 || path[start - 1] == '/').Select(start => path[start..]);

    private static IEnumerable<HashSet<string>> FindIdentifiers() => CodeFolders
        .SelectMany(static folder => Directory.EnumerateFiles(Path.Combine(BuiltFolder.Root, folder), "*.cs", SearchOption.AllDirectories))
        .Where(static file => !IsBuilt(file))
        .Select(static file => File.ReadLines(file)
            .Where(static line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal))
            .SelectMany(static line => Identifier().Matches(line).Select(static match => match.Value)).ToHashSet());

    private static bool IsBuilt(string path) =>
        Path.GetRelativePath(BuiltFolder.Root, path).Split(Path.DirectorySeparatorChar).Any(static part => part is "bin" or "obj");

    /// <summary><c>TypeOrFolder</c>, <c>Type.Member</c>, <c>Folder/File</c>, or a path from the root.</summary>
    [GeneratedRegex("`((?:(?:src|tests|samples|docs|docker|eng)/)?[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*(?:[./][A-Z][A-Za-z0-9]*)*"
        + "(?:\\.(?:cs|csproj|md|props|sh|sln))?|(?:docs|docker|eng)/[a-z][a-z.]*)/?`")]
    private static partial Regex Name();

    [GeneratedRegex("[A-Z][A-Za-z0-9]*")]
    private static partial Regex Identifier();
}
