using System.CommandLine;
using Krewe.Benchmarks.Reporting;

namespace Krewe.Benchmarks;

/// <summary>The command line: which benchmarks, and how large.</summary>
internal sealed class BenchmarkCommand(IReadOnlyList<IBenchmark> benchmarks)
{
    private const int Missed = 1, Unable = 2, Interrupted = 130;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromMinutes(1);

    public async Task<int> RunAsync(string[] arguments)
    {
        var names = new Argument<string[]>("name") { Description = "Which to run; the table without names.", Arity = ArgumentArity.ZeroOrMore };
        names.AcceptOnlyFromAmong([.. benchmarks.Select(benchmark => benchmark.Name)]);
        var seconds = new Option<double?>("--seconds") { Description = "Length of each measured round." };
        var scale = new Option<double>("--scale")
        {
            Description = "Shrinks or grows counts and durations; targets are stated for 1.",
            DefaultValueFactory = _ => 1,
        };
        var only = new Option<string?>("--only") { Description = "Measures the table, engine or transport only of what has this in its name." };
        var peer = new Option<string?>("--peer") { Description = "For engine: the folder of an earlier build, or of a checkout with one." };
        var starts = new Option<int>("--starts")
        {
            Description = "For engine: how often both builds are started; each process comes out of its warm-up a little different.",
            DefaultValueFactory = _ => 3,
        };
        var json = new Option<string?>("--json") { Description = "Writes the table to this file as JSON, with every round." };
        var figures = new Option<string?>("--figures") { Description = "Draws the table's figures into this folder, as SVG." };
        var client = new Option<string>("--client") { Description = "Load over HTTP; wrk where it is installed.", DefaultValueFactory = _ => "auto" };
        client.AcceptOnlyFromAmong("auto", "wrk", "sockets");
        var root = new RootCommand(
            "Measures Krewe's programs.\n" + string.Join('\n', benchmarks.Select(benchmark => $"  {benchmark.Name,-12}{benchmark.Summary}")))
        {
            names, seconds, scale, only, peer, starts, json, figures, client,
        };
        root.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(names) is { Length: > 0 } wanted ? benchmarks.Where(benchmark => wanted.Contains(benchmark.Name)) : benchmarks.Take(1),
            new Measure(
                parsed.GetValue(seconds), parsed.GetValue(scale), parsed.GetValue(only), parsed.GetValue(peer),
                Math.Max(1, parsed.GetValue(starts)), parsed.GetValue(json), parsed.GetValue(figures), parsed.GetValue(client)!),
            stop));

        // Ctrl-C and SIGTERM cancel; servers are stopped and folders removed before the process ends.
        return await root.Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = StopTimeout });
    }

    private static async Task<int> RunAsync(IEnumerable<IBenchmark> chosen, Measure measure, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            await Console.Error.WriteLineAsync("bench: figures of processes are read from /proc, which only Linux has.");
            return Unable;
        }

        var report = new Report(Console.Out);
        try
        {
            foreach (var benchmark in chosen)
            {
                report.Heading($"{benchmark.Name}: {benchmark.Summary}");
                await benchmark.RunAsync(measure, report, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }

        report.Summarize();
        return report.AllMet ? 0 : Missed;
    }
}
