using Krewe.Benchmarks.Latency;
using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Models;
using Krewe.Benchmarks.Reporting;
using Krewe.Benchmarks.Servers;
using Krewe.Onnx.Tiny;

namespace Krewe.Benchmarks.Isolation;

/// <summary>Does what happens to one model hurt the callers of another?</summary>
internal sealed class IsolationBenchmark : IBenchmark
{
    private const string Tiny = "tiny", Slow = "slow";
    private const int Repetitions = 3, LoadsPerRepetition = 4, ClosedCallers = 4, OpenCallers = 8, SlowCallers = 4;
    private const long BigBytes = 500_000_000, SlowIterations = 25_000;
    private const double BaselineSeconds = 5, OpenRate = 1000, MaxRatio = 2;

    public string Name => "isolation";

    public string Summary => "a tiny model's p99 while a model of 500 MB loads, and while a slow model is busy";

    public async Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        using var folder = new ModelFolder();
        folder.Add(Tiny, TinyModels.Linear());
        folder.Add(Slow, TinyModels.Slow(SlowIterations));
        report.Progress("writing a model of 500 MB");
        folder.Add(BigModel.Name, TinyModels.Big(BigBytes));
        await using var server = await ServerProcess.StartKreweAsync(folder, cancellationToken);
        var big = new BigModel(server);
        var request = HttpRequestBytes.Floats(Tiny, 1, 4);
        await using (TimedCallers.Closed(server.Port, request, ClosedCallers))
        {
            await Task.Delay(measure.Round(BaselineSeconds), cancellationToken);
        }

        var loads = new Table("while a 500 MB model loads", "p50 without", "p50 with", "p99 without", "p99 with", "ratio", "calls", "loads took");
        var slow = new Table("while a slow model is busy", "p50 without", "p50 with", "p99 without", "p99 with", "ratio", "calls", "runs");
        var verdicts = new List<(string Name, double Ratio)>();
        foreach (var (name, start) in new (string, Func<TimedCallers>)[]
        {
            ($"{OpenRate:F0} calls/s from {OpenCallers}", () => TimedCallers.Open(server.Port, request, OpenCallers, OpenRate)),
            ($"closed loop of {ClosedCallers}", () => TimedCallers.Closed(server.Port, request, ClosedCallers)),
        })
        {
            var ratios = new List<double>();
            for (var repetition = 1; repetition <= Repetitions; repetition++)
            {
                report.Progress($"{name}, repetition {repetition} of {Repetitions}: loads");
                ratios.Add(await CompareAsync(measure, loads, name, start, () => big.LoadAsync(LoadsPerRepetition), cancellationToken));
            }

            verdicts.Add((name, Statistics.Median(ratios)));
            report.Progress($"{name}: slow model");
            await CompareAsync(measure, slow, name, start, () => HammerAsync(server, measure.Round(BaselineSeconds)), cancellationToken);
        }

        report.Note("times in µs; p99 with: calls that were under way or due while the other model loaded or ran");
        report.Write(loads);
        report.Write(slow);
        foreach (var (name, ratio) in verdicts)
        {
            report.Judge($"isolation, {name}", $"p99 {ratio:F2} x during loads, median of {Repetitions}", $"at most {MaxRatio} x", ratio <= MaxRatio);
        }
    }

    private static async Task<double> CompareAsync(
        Measure measure, Table table, string name, Func<TimedCallers> start, Func<Task<Disturbance>> disturb, CancellationToken cancellationToken)
    {
        await using var callers = start();
        await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        var quiet = Span.Now();
        await Task.Delay(measure.Round(BaselineSeconds), cancellationToken);
        quiet = quiet.UntilNow();
        var disturbance = await disturb();
        var samples = await callers.StopAsync();
        var without = samples.Where(quiet.Touches).Select(static sample => sample.Microseconds).ToArray();
        var with = samples.Where(sample => disturbance.Spans.Any(span => span.Touches(sample))).Select(static sample => sample.Microseconds).ToArray();
        var (p99Without, p99With) = (Statistics.Percentile(without, 0.99), Statistics.Percentile(with, 0.99));
        table.Add(
            name, $"{Statistics.Percentile(without, 0.5):F0}", $"{Statistics.Percentile(with, 0.5):F0}", $"{p99Without:F0}", $"{p99With:F0}",
            $"{p99With / p99Without:F2}", $"{with.Length:N0}", disturbance.Text);
        return callers.Failures == 0 ? p99With / p99Without : double.PositiveInfinity;
    }

    private static async Task<Disturbance> HammerAsync(ServerProcess server, TimeSpan duration)
    {
        await using var callers = TimedCallers.Closed(server.Port, HttpRequestBytes.Floats(Slow, 1, 128), SlowCallers);
        await Task.Delay(TimeSpan.FromSeconds(1));
        var span = Span.Now();
        await Task.Delay(duration);
        span = span.UntilNow();
        var runs = (await callers.StopAsync()).Where(span.Touches).Select(static sample => sample.Microseconds / 1000).ToArray();
        return new Disturbance([span], $"{runs.Length} of {Statistics.Median(runs):F0} ms");
    }
}
