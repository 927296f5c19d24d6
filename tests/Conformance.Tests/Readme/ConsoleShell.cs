using System.Diagnostics;

namespace Krewe.Conformance.Tests.Readme;

/// <summary>Runs what pages show: in a folder, with the server under test in place of the one at <see cref="Address"/>.</summary>
internal sealed class ConsoleShell(string folder, Uri server)
{
    /// <summary>Where the pages' server listens.</summary>
    public const string Address = "http://localhost:8000";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Runs a command and holds what it prints against what the page says.</summary>
    public async Task CheckAsync(ConsoleBlock block)
    {
        var command = block.Command.Replace(Address, server.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);
        ConsoleOutput.AssertSame(block.Output.TrimEnd('\n'), (await RunAsync(command)).ReplaceLineEndings("\n").TrimEnd('\n'));
    }

    private async Task<string> RunAsync(string command)
    {
        // Proxies are for other addresses than this machine's.
        var start = new ProcessStartInfo("bash") { ArgumentList = { "-c", command }, WorkingDirectory = folder, RedirectStandardOutput = true };
        start.Environment["no_proxy"] = "*";
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            Assert.Equal(0, process.ExitCode);
            return output;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"after {Patience.TotalSeconds} s there was no end of: {command}");
        }
    }
}
