using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Krewe.Conformance.Tests;

/// <summary>What the README shows is what happens.</summary>
public sealed partial class ReadmeTests
{
    private const string Address = "http://localhost:8000";
    private const int Fewest = 4;

    [Fact]
    public async Task Every_curl_line_prints_what_the_readme_says()
    {
        var readme = Path.Combine(Clone.Root, "README.md");
        var blocks = ConsoleBlock.FindAll(await File.ReadAllTextAsync(readme, TestContext.Current.CancellationToken));
        Assert.True(blocks.Count >= Fewest, $"README.md shows {blocks.Count} curl lines in console blocks, expected at least {Fewest}");
        await using var server = await ServerUnderTest.StartAsync(Clone.Samples);
        foreach (var block in blocks)
        {
            Assert.Contains(Address, block.Command, StringComparison.Ordinal);
            var command = block.Command.Replace(Address, server.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);
            AssertSame(block.Output.TrimEnd('\n'), (await RunAsync(command)).ReplaceLineEndings("\n").TrimEnd('\n'));
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
        var block = Assert.Single(ConsoleBlock.FindAll(Markdown));
        Assert.Equal(("curl -s http://localhost:8000/v2 \\\n    -d '{}'", "{\"one\":1}\ntwo"), (block.Command, block.Output));
    }

    /// <summary>The same text, but for the last digits of fractions, which another processor may compute otherwise.</summary>
    private static void AssertSame(string expected, string actual)
    {
        Assert.Equal(Fraction().Replace(expected, "#"), Fraction().Replace(actual, "#"));
        foreach (var (one, other) in Fraction().Matches(expected).Zip(Fraction().Matches(actual)))
        {
            var value = double.Parse(one.Value, CultureInfo.InvariantCulture);
            Assert.Equal(value, double.Parse(other.Value, CultureInfo.InvariantCulture), Math.Abs(value) * 1e-5);
        }
    }

    [GeneratedRegex(@"-?\d+\.\d+(E[+-]?\d+)?")]
    private static partial Regex Fraction();

    private static async Task<string> RunAsync(string command)
    {
        // Proxies are for other addresses than this machine's.
        var start = new ProcessStartInfo("bash")
        {
            ArgumentList = { "-c", command }, WorkingDirectory = Clone.Root, RedirectStandardOutput = true,
        };
        start.Environment["no_proxy"] = "*";
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
