using Krewe.Conformance.Tests.Server;

namespace Krewe.Conformance.Tests.Readme;

/// <summary>The worked example of docs/rollouts.md does what the page says, from the first publish to the promotion.</summary>
public sealed class RolloutsPageTests
{
    private const int Fewest = 15;

    [Fact]
    public async Task The_worked_example_prints_what_the_page_says()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Clone.Root, "docs", "rollouts.md"), TestContext.Current.CancellationToken);
        var blocks = ConsoleBlock.FindAll(page);
        Assert.True(blocks.Count >= Fewest, $"docs/rollouts.md shows {blocks.Count} commands in console blocks, expected at least {Fewest}");
        using var models = new ModelsFolder();
        using var folder = new TemporaryFolder();
        await using var server = await ServerUnderTest.StartAsync(models.Path);
        var shell = new ConsoleShell(folder.Path, server.Address);
        foreach (var block in blocks)
        {
            await shell.CheckAsync(block);
        }

        Summary.Say($"docs/rollouts.md: {blocks.Count} commands print what it says");
    }
}
