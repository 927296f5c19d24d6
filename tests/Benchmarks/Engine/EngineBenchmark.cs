using Krewe.Benchmarks.Latency;
using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Models;
using Krewe.Benchmarks.Reporting;
using Krewe.Benchmarks.Servers;
using Krewe.Benchmarks.Throughput;

namespace Krewe.Benchmarks.Engine;

/// <summary>
/// <c>./krewe run</c> against an earlier build of it: both are started side by side, several times, and rounds alternate, so that load
/// elsewhere on the machine hurts both alike.
/// </summary>
internal sealed class EngineBenchmark : IBenchmark
{
    private const int Callers = 64, Rounds = 5, LatencyRounds = 5, LeastWarmUps = 20, MostWarmUps = 30;
    private const double RoundSeconds = 4, WarmUpSeconds = 2, LatencySeconds = 2, Steady = 1.05;
    private const double TinyTarget = 0.93, OtherTarget = 0.97, MostMicrosecondsMore = 10;

    public string Name => "engine";

    public string Summary => $"{Callers} callers, and one, against the earlier build that --peer names";

    public async Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        if (measure.Peer is not { } peer)
        {
            report.Note("not measured: --peer FOLDER names the earlier build, such as another checkout that was built with -c Release");
            return;
        }

        var generator = measure.Generator();
        report.Note($"load from {generator.Description}");
        var table = new Table("model", "now/s", "earlier/s", "ratio", "lowest", "highest");
        var judgements = new List<Action>();
        foreach (var subject in ThroughputCase.All.Where(subject => subject.Name.Contains(measure.Only ?? "", StringComparison.OrdinalIgnoreCase)))
        {
            using var folder = new ModelFolder();
            folder.Add(ThroughputCase.ServedAs, subject.Model());
            var starts = new List<Start>();
            for (var start = 1; start <= measure.Starts; start++)
            {
                starts.Add(await MeasureStartAsync(subject, folder, peer, generator, measure, cancellationToken));
                report.Progress($"{subject.Name}, start {start} of {measure.Starts}: {starts[^1].Ratio:F3} x");
            }

            var (ratio, failures) = (Statistics.Median(starts.Select(static start => start.Ratio)), starts.Sum(static start => start.Failures));
            table.Add(
                subject.Name, $"{Statistics.Median(starts.Select(static start => start.Now)):N0}",
                $"{Statistics.Median(starts.Select(static start => start.Earlier)):N0}", $"{ratio:F3}",
                $"{starts.Min(static start => start.Ratio):F3}", $"{starts.Max(static start => start.Ratio):F3}");
            var target = subject == ThroughputCase.Tiny ? TinyTarget : OtherTarget;
            judgements.Add(() => report.Judge(
                $"engine, {subject.Name}", $"{ratio:F3} x, {failures} failed", $"at least {target:F2} x, none failed", ratio >= target && failures == 0));
            if (subject == ThroughputCase.Tiny)
            {
                var more = Statistics.Median(starts.Select(static start => start.MicrosecondsMore!.Value));
                judgements.Add(() => report.Judge(
                    "engine, one caller, p50", $"{more:+0.0;-0.0} µs", $"at most {MostMicrosecondsMore:F0} µs more", more <= MostMicrosecondsMore));
            }
        }

        report.Write(table);
        judgements.ForEach(static judge => judge());
    }

    /// <summary>Both programs started and warmed up once: the rates of the one and the other in turn.</summary>
    private static async Task<Start> MeasureStartAsync(
        ThroughputCase subject, ModelFolder folder, string peer, ILoadGenerator generator, Measure measure, CancellationToken cancellationToken)
    {
        await using var now = await ServerProcess.StartKreweAsync(folder, cancellationToken);
        await using var earlier = await ServerProcess.StartEarlierAsync(peer, folder, cancellationToken);
        var request = subject.Request();
        await WarmUpAsync(now);
        await WarmUpAsync(earlier);

        var failures = 0L;
        var pairs = await AlternateAsync(Rounds, now, earlier, async server =>
        {
            var load = await generator.RunAsync(server.Port, request, Callers, measure.Round(RoundSeconds), cancellationToken);
            failures += load.Failures;
            return load.PerSecond;
        });
        double? more = subject == ThroughputCase.Tiny ? await MeasureLatencyAsync(now, earlier, request, measure, cancellationToken) : null;
        return new Start(
            Statistics.Median(pairs.Select(static pair => pair.Now)), Statistics.Median(pairs.Select(static pair => pair.Earlier)),
            Statistics.Median(pairs.Select(static pair => pair.Now / pair.Earlier)), failures, more);

        // A process with more code in it is compiled for longer, up to 40 s: each is warm when it no longer gains after that.
        async Task WarmUpAsync(ServerProcess server)
        {
            var best = 0.0;
            for (var round = 0; round < MostWarmUps; round++)
            {
                var load = await generator.RunAsync(server.Port, request, Callers, TimeSpan.FromSeconds(WarmUpSeconds), cancellationToken);
                if (load.PerSecond < best * Steady && round >= LeastWarmUps)
                {
                    break;
                }

                best = Math.Max(best, load.PerSecond);
            }
        }
    }

    /// <summary>How many microseconds more one caller waits, p50.</summary>
    private static async Task<double> MeasureLatencyAsync(
        ServerProcess now, ServerProcess earlier, HttpRequestBytes request, Measure measure, CancellationToken cancellationToken)
    {
        var pairs = await AlternateAsync(LatencyRounds, now, earlier, async server =>
        {
            await using var caller = TimedCallers.Closed(server.Port, request, 1);
            await Task.Delay(measure.Round(LatencySeconds), cancellationToken);
            return Statistics.Percentile((await caller.StopAsync()).Select(static sample => sample.Microseconds), 0.5);
        });
        return Statistics.Median(pairs.Select(static pair => pair.Now - pair.Earlier));
    }

    private static async Task<List<(double Now, double Earlier)>> AlternateAsync(
        int rounds, ServerProcess now, ServerProcess earlier, Func<ServerProcess, Task<double>> measure)
    {
        var pairs = new List<(double Now, double Earlier)>();
        for (var round = 0; round < rounds; round++)
        {
            var isFirst = round % 2 == 0;
            var first = await measure(isFirst ? now : earlier);
            var second = await measure(isFirst ? earlier : now);
            pairs.Add(isFirst ? (first, second) : (second, first));
        }

        return pairs;
    }

    /// <param name="Now">Requests per second.</param>
    /// <param name="Earlier">The same of the earlier build.</param>
    /// <param name="Ratio">The median of the ratios of rounds that followed each other: the machine changes more slowly than that.</param>
    /// <param name="Failures">Requests that failed.</param>
    /// <param name="MicrosecondsMore">What one caller waits more now, p50; null where it was not measured.</param>
    private sealed record Start(double Now, double Earlier, double Ratio, long Failures, double? MicrosecondsMore);
}
