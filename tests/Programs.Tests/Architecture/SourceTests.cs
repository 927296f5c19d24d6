using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Krewe.Programs.Tests.Architecture;

/// <summary>Rules that hold for every source file.</summary>
public sealed partial class SourceTests
{
    private const int MaxLines = 400;
    private const int MaxColumns = 140;
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
        Assert.All(text.Split('\n'), static line => Assert.True(line.Length <= MaxColumns, line));
        Assert.DoesNotContain("#region", text);
    });

    [Fact]
    public void A_folder_is_a_namespace() => Assert.All(Files, file =>
    {
        var folders = file.Split(Path.DirectorySeparatorChar)[1..^1];
        var declared = File.ReadLines(Path.Combine(Root, file)).Where(line => line.StartsWith("namespace ", StringComparison.Ordinal));
        Assert.All(declared, line => Assert.Equal($"namespace Krewe.{string.Join('.', folders)};", line));
    });

    [Fact]
    public void Only_tests_and_benchmarks_are_friends()
    {
        string[] friends = [.. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .SelectMany(project => Friend().Matches(File.ReadAllText(project)).Select(match => match.Groups[1].Value))];

        Assert.NotEmpty(friends);
        Assert.All(friends, static friend => Assert.True(Directory.Exists(Path.Combine(Root, "tests", friend["Krewe.".Length..])), friend));
    }

    [Fact]
    public void Every_log_message_has_an_event_id_that_no_other_has()
    {
        var (messages, ids) = (Find(LogMessage()), Find(EventIdOfMessage()));

        Assert.True(messages.Length > 100, $"only {messages.Length} log messages");
        Assert.Equal(messages.Length, ids.Length);
        Assert.Empty(Repeated(ids));
    }

    [Fact]
    public void A_metric_is_written_in_one_place_and_so_has_one_meaning()
    {
        var names = Find(MetricName());

        Assert.True(names.Length > 30, $"only {names.Length} metrics");
        Assert.Empty(Repeated(names));
    }

    private static string[] Find(Regex pattern) =>
        [.. Files.SelectMany(file => pattern.Matches(File.ReadAllText(Path.Combine(Root, file))).Select(match => match.Groups[1].Value))];

    private static IEnumerable<string> Repeated(IEnumerable<string> values) =>
        values.GroupBy(static value => value).Where(static group => group.Count() > 1).Select(static group => group.Key);

    [GeneratedRegex("InternalsVisibleTo Include=\"([^\"]+)\"")]
    private static partial Regex Friend();

    [GeneratedRegex(@"(\[LoggerMessage)\(")]
    private static partial Regex LogMessage();

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=|eventId:)?\s*(\d+)")]
    private static partial Regex EventIdOfMessage();

    [GeneratedRegex("\"((?:krewe|nv)_[a-z_]+)\"")]
    private static partial Regex MetricName();

    private static string FindRoot([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../../.."));
}
