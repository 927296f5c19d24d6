using Krewe.Benchmarks.Latency;
using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Models;
using Krewe.Benchmarks.Reporting;
using Krewe.Benchmarks.Servers;
using Krewe.Benchmarks.Throughput;

namespace Krewe.Benchmarks.Engine;

/// <summary>
/// What <c>./krewe run</c> starts against an earlier build of it, with the same models at the same time: rounds take turns, so that what else
/// the machine does hurts both alike.
/// </summary>
internal sealed class EngineBenchmark : IBenchmark
{
    private const int Callers = 64, Rounds = 5, LatencyRounds = 5, LeastWarmUps = 6, MostWarmUps = 16;
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
            await using var now = await ServerProcess.StartKreweAsync(folder, cancellationToken);
            await using var earlier = await ServerProcess.StartEarlierAsync(peer, folder, cancellationToken);
            report.Progress($"{subject.Name}: started after {now.StartTime.TotalSeconds:F2} s and {earlier.StartTime.TotalSeconds:F2} s, warming up");
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
            var ratios = pairs.Select(static pair => pair.Now / pair.Earlier).ToArray();
            var (mine, theirs) = (Statistics.Median(pairs.Select(static pair => pair.Now)), Statistics.Median(pairs.Select(static pair => pair.Earlier)));
            table.Add(subject.Name, $"{mine:N0}", $"{theirs:N0}", $"{mine / theirs:F3}", $"{ratios.Min():F3}", $"{ratios.Max():F3}");
            var target = subject == ThroughputCase.Tiny ? TinyTarget : OtherTarget;
            judgements.Add(() => report.Judge(
                $"engine, {subject.Name}", $"{mine / theirs:F3} x, {failures} failed", $"at least {target:F2} x, none failed",
                mine / theirs >= target && failures == 0));
            if (subject == ThroughputCase.Tiny)
            {
                judgements.Add(await MeasureLatencyAsync(now, earlier, request, measure, report, cancellationToken));
            }

            // A process with more code in it is compiled for longer: each is warm when it no longer gains.
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

        report.Write(table);
        judgements.ForEach(static judge => judge());
    }

    private static async Task<Action> MeasureLatencyAsync(
        ServerProcess now, ServerProcess earlier, HttpRequestBytes request, Measure measure, Report report, CancellationToken cancellationToken)
    {
        var pairs = await AlternateAsync(LatencyRounds, now, earlier, async server =>
        {
            await using var caller = TimedCallers.Closed(server.Port, request, 1);
            await Task.Delay(measure.Round(LatencySeconds), cancellationToken);
            return Statistics.Percentile((await caller.StopAsync()).Select(static sample => sample.Microseconds), 0.5);
        });
        var more = Statistics.Median(pairs.Select(static pair => pair.Now - pair.Earlier));
        return () => report.Judge(
            "engine, one caller, p50", $"{more:+0.0;-0.0} µs, now {Statistics.Median(pairs.Select(static pair => pair.Now)):F0} µs",
            $"at most {MostMicrosecondsMore:F0} µs more", more <= MostMicrosecondsMore);
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
}
