using Krewe.Conformance.Tests.Server;

namespace Krewe.Conformance.Tests.Readme;

/// <summary>What the README shows is what happens.</summary>
public sealed class ReadmeTests
{
    private const int Fewest = 4;

    [Fact]
    public async Task Every_curl_line_prints_what_the_readme_says()
    {
        var readme = Path.Combine(Clone.Root, "README.md");
        var blocks = ConsoleBlock.FindAll(await File.ReadAllTextAsync(readme, TestContext.Current.CancellationToken));
        Assert.True(blocks.Count >= Fewest, $"README.md shows {blocks.Count} commands in console blocks, expected at least {Fewest}");
        await using var server = await ServerUnderTest.StartAsync(Clone.Samples);
        var shell = new ConsoleShell(Clone.Root, server.Address);
        foreach (var block in blocks)
        {
            Assert.StartsWith("curl", block.Command, StringComparison.Ordinal);
            Assert.Contains(ConsoleShell.Address, block.Command, StringComparison.Ordinal);
            await shell.CheckAsync(block);
        }

        Summary.Say($"README: {blocks.Count} curl lines print what it says");
    }

    [Fact]
    public void Commands_and_their_output_are_found_in_markdown()
    {
        const string Markdown = """
            Text
            ```console
            $ ls
            a
            $ curl -s http://localhost:8000/v2 \
                -d '{}'
            {"one":1}
            two
            ```
            ```sh
            $ curl ignored
            ```
            """;
        Assert.Equal(
            [("ls", "a"), ("curl -s http://localhost:8000/v2 \\\n    -d '{}'", "{\"one\":1}\ntwo")],
            ConsoleBlock.FindAll(Markdown).Select(block => (block.Command, block.Output)));
    }

    [Theory]
    [InlineData("a 1.000001 b", "a 1.000002 b", true)]
    [InlineData("a 1.01 b", "a 1.02 b", false)]
    [InlineData("a 1 b", "a 2 b", false)]
    [InlineData("""{"at":"…","n":1}""", """{"at":"2026-03-01T12:00:00.5Z","n":1}""", true)]
    [InlineData("""{"at":"…","n":1}""", """{"at":"2026-03-01T12:00:00.5Z","n":2}""", false)]
    [InlineData("""{…"n":[1],…""", """{"m":0,"n":[1],"o":2}""", true)]
    [InlineData("""{…"n":[1],…}""", """{"m":0,"n":[1]}""", false)]
    public void What_a_page_says_is_compared_with_what_is_printed(string expected, string actual, bool same) =>
        Assert.Equal(same, Record.Exception(() => ConsoleOutput.AssertSame(expected, actual)) is null);
}
