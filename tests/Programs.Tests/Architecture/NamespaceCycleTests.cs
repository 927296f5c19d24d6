namespace Krewe.Programs.Tests.Architecture;

/// <summary>Arrows between the folders of a project point one way. A folder is a namespace, and what counts is what types use.</summary>
public sealed class NamespaceCycleTests
{
    public static TheoryData<string> Projects => [.. Directory.EnumerateDirectories(Path.Combine(BuiltFolder.Root, "src")).Select(folder => Path.GetFileName(folder)!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_folder_is_used_by_one_that_it_uses(string project)
    {
        var graph = NamespaceGraph.Read(Path.Combine(AppContext.BaseDirectory, $"Krewe.{project}.dll"));

        Assert.NotEmpty(graph.Namespaces);
        Assert.Empty(graph.FindCycles());
    }

    [Fact]
    public void It_would_see_a_cycle()
    {
        var graph = NamespaceGraph.Read(typeof(NamespaceCycleTests).Assembly.Location);

        Assert.Contains(graph.FindCycles(), static cycle => cycle.Contains("OneSample.One -> Krewe.Programs.Tests.Architecture.OtherSample.Other", StringComparison.Ordinal));
    }
}
