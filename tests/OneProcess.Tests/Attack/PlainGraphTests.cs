using System.Diagnostics;
using System.Globalization;
using Krewe.GraphProcess;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.Attack;

/// <summary>
/// Plain graphs in a process of their own, without a guard: none may end it, fill its memory, or not come back. Without HTTP in between a
/// hundred times as many are tried as in <see cref="GeneratedGraphTests"/>. To search for more: another <c>KREWE_TEST_SEED</c>.
/// </summary>
public sealed class PlainGraphTests : IDisposable
{
    private const long MaxBytes = 3L << 30;
    private static readonly TimeSpan Stuck = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public Task Plain_graphs_do_no_harm() => RunAsync(count: 10_000, Replay.Seed(usual: 20261128));

    [Fact]
    [Trait("category", "long")]
    public Task Many_plain_graphs_do_no_harm() => RunAsync(count: 100_000, Replay.Seed(usual: 20261128));

    private async Task RunAsync(int count, int seed)
    {
        var faults = new List<string>();
        var (first, plain, opened, answered) = (1, 0, 0, 0);
        var start = TimeProvider.System.GetTimestamp();
        while (first <= count)
        {
            var trial = await TryAsync(seed, first, count);
            (plain, opened, answered) = (plain + trial.Plain, opened + trial.Opened, answered + trial.Answered);
            if (trial.Fault is not { } fault)
            {
                break;
            }

            faults.Add(fault);
            first = trial.Last + 1;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{plain} of {count} graphs are plain; {opened} opened, {answered} runs answered, in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0} s; seed {seed}");
        Assert.True(faults.Count == 0, $"seed {seed}:\n{string.Join('\n', faults)}");
        Assert.True(opened > count / 10 && answered > count / 10, $"{opened} opened, {answered} answered");
    }

    /// <summary>Tries graphs up to the last, or to the first that does harm.</summary>
    private async Task<Trial> TryAsync(int seed, int first, int count)
    {
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet", [typeof(HostileGraph).Assembly.Location, $"{seed}", $"{first}", $"{count}", folder.Path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync(Token);
        var (last, plain) = ("", 0);
        string? fault = null;
        try
        {
            while (fault is null && await process.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(Stuck, Token) is { } line)
            {
                if (line.StartsWith("done ", StringComparison.Ordinal))
                {
                    await process.WaitForExitAsync(Token);
                    int[] totals = [.. line.Split(' ')[1..].Select(static number => int.Parse(number, CultureInfo.InvariantCulture))];
                    return new Trial(count, plain, totals[0], totals[1], null);
                }

                (last, plain) = (line, plain + 1);
                process.Refresh();
                fault = !process.HasExited && process.WorkingSet64 > MaxBytes ? "takes more than 3 GiB" : null;
            }
        }
        catch (TimeoutException)
        {
            fault = "does not come back";
        }

        process.Kill();
        await process.WaitForExitAsync(Token);
        Assert.True(last.Length > 0, await errors);
        fault ??= $"ends the process, {process.ExitCode}: {(await errors).Split('\n').LastOrDefault(static text => text.Length > 0)}";
        return new Trial(int.Parse(last.Split(' ')[0], CultureInfo.InvariantCulture), plain, 0, 0, $"{last} {fault}");
    }

    private sealed record Trial(int Last, int Plain, int Opened, int Answered, string? Fault);
}
