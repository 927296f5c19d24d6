namespace Krewe.Conformance.Tests.Readme;

/// <summary>Runs what pages show: in a folder, with the server under test in place of the one at <see cref="Address"/>.</summary>
internal sealed class ConsoleShell(string folder, Uri server)
{
    /// <summary>Where the pages' server listens.</summary>
    public const string Address = "http://localhost:8000";

    /// <summary>Runs a command and holds what it prints against what the page says.</summary>
    public async Task CheckAsync(ConsoleBlock block)
    {
        var command = block.Command.Replace(Address, server.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);
        ConsoleOutput.AssertSame(block.Output.TrimEnd('\n'), (await RunAsync(command)).ReplaceLineEndings("\n").TrimEnd('\n'));
    }

    private async Task<string> RunAsync(string command)
    {
        // Proxies are for other addresses than this machine's.
        await using var process = ProgramProcess.StartCommand(["bash", "-c", command], new Dictionary<string, string?> { ["no_proxy"] = "*" }, folder);
        var (code, output, errors) = await process.EndAsync();
        Assert.True(code == 0, $"{command} ended with code {code}: {errors}");
        return output;
    }
}
