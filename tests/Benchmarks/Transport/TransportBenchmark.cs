using System.Diagnostics;
using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Models;
using Krewe.Benchmarks.Reporting;
using Krewe.Benchmarks.Servers;
using Krewe.Benchmarks.Throughput;
using Krewe.TestDatabase;

namespace Krewe.Benchmarks.Transport;

/// <summary>
/// What another socket transport between members would bring: a gateway and a silo with the engine's own, and a gateway and a silo
/// with Kestrel's, in rounds that take turns. Kestrel's is put there by private keys of the engine, which only a benchmark may do.
/// </summary>
internal sealed class TransportBenchmark : IBenchmark
{
    private const int Rounds = 7;
    private const double RoundSeconds = 3, WarmUpSeconds = 5, WorthIt = 1.15;

    public string Name => "transport";

    public string Summary => "tensors from a gateway to a silo, the engine's sockets against Kestrel's";

    public async Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        using var models = new ModelFolder();
        var only = measure.Only ?? "";
        var cases = TransportCase.All.Where(subject => subject.Name.Contains(only, StringComparison.OrdinalIgnoreCase)).ToArray();
        Array.ForEach(cases, subject => subject.AddTo(models));
        await using var database = await PostgreSqlServer.CreateAsync();
        await using var own = await StartAsync(models, await database.CreateDatabaseAsync(), hook: null);
        await using var kestrel = await StartAsync(models, await database.CreateDatabaseAsync(), Programs.KestrelTransport);
        var table = new Table("tensor", "own/s", "Kestrel's/s", "ratio", "lowest", "highest", "own CPU µs", "Kestrel's CPU µs", "failed");
        foreach (var subject in cases)
        {
            var pairs = await CompareAsync(subject, own, kestrel, measure, report, cancellationToken);
            var ratios = pairs.Select(static pair => pair.Kestrel.PerSecond / pair.Own.PerSecond).ToArray();
            var failures = pairs.Sum(static pair => pair.Own.Load.Failures + pair.Kestrel.Load.Failures);
            table.Add(
                subject.Name, $"{Median(static pair => pair.Own.PerSecond):N0}", $"{Median(static pair => pair.Kestrel.PerSecond):N0}",
                $"{Statistics.Median(ratios):F2}", $"{ratios.Min():F2}", $"{ratios.Max():F2}",
                $"{Median(static pair => pair.Own.ProcessorMicrosecondsPerRequest):N0}",
                $"{Median(static pair => pair.Kestrel.ProcessorMicrosecondsPerRequest):N0}", $"{failures}");
            report.Judge(
                $"transport, {subject.Name}", $"Kestrel's {Statistics.Median(ratios):F2} x the engine's, {failures} failed",
                $"below {WorthIt} x, none failed", Statistics.Median(ratios) < WorthIt && failures == 0);

            double Median(Func<(Round Own, Round Kestrel), double> figure) => Statistics.Median(pairs.Select(figure));
        }

        report.Write(table);
    }

    private static async Task<List<(Round Own, Round Kestrel)>> CompareAsync(
        TransportCase subject, TestCluster own, TestCluster kestrel, Measure measure, Report report, CancellationToken cancellationToken)
    {
        report.Progress($"{subject.Name}: warming up");
        var warmUp = measure.Round(WarmUpSeconds);
        await RoundAsync(subject, own, warmUp, cancellationToken);
        await RoundAsync(subject, kestrel, warmUp, cancellationToken);
        var pairs = new List<(Round Own, Round Kestrel)>();
        for (var round = 0; round < Rounds; round++)
        {
            var ownFirst = round % 2 == 0;
            var first = await RoundAsync(subject, ownFirst ? own : kestrel, measure.Round(RoundSeconds), cancellationToken);
            var second = await RoundAsync(subject, ownFirst ? kestrel : own, measure.Round(RoundSeconds), cancellationToken);
            pairs.Add(ownFirst ? (first, second) : (second, first));
            var pair = pairs[^1];
            report.Progress($"{subject.Name}, round {round + 1}: {pair.Kestrel.PerSecond:N0}/s against {pair.Own.PerSecond:N0}/s");
        }

        return pairs;
    }

    private static async Task<Round> RoundAsync(
        TransportCase subject, TestCluster cluster, TimeSpan duration, CancellationToken cancellationToken)
    {
        var before = ProcessorTime(cluster);
        var watch = Stopwatch.StartNew();
        var load = SteadyLoad.Start(subject.Callers, _ => subject.Caller(cluster.GatewayAddresses[0]));
        try
        {
            await Task.Delay(duration, cancellationToken);
        }
        finally
        {
            await load.StopAsync();
        }

        return new Round(new LoadResult(load.Answers, watch.Elapsed, load.Failures.Count), ProcessorTime(cluster) - before);
    }

    private static TimeSpan ProcessorTime(TestCluster cluster) =>
        cluster.Silos.Concat(cluster.Gateways).Aggregate(TimeSpan.Zero, static (sum, member) =>
        {
            using var process = Process.GetProcessById(member.Id);
            return sum + process.TotalProcessorTime;
        });

    private static Task<TestCluster> StartAsync(ModelFolder models, string database, string? hook) => TestCluster.StartAsync(
        database,
        new ClusterOptions
        {
            Models = models.Path, Silos = 1, Environment = new Dictionary<string, string?> { ["DOTNET_STARTUP_HOOKS"] = hook },
        });
}
