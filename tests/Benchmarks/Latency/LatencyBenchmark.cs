using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Reporting;
using Krewe.Benchmarks.Servers;
using Krewe.Benchmarks.Throughput;

namespace Krewe.Benchmarks.Latency;

/// <summary>How long a call takes when nobody else calls. For information: there is no target.</summary>
internal sealed class LatencyBenchmark : IBenchmark
{
    private const double WarmUpSeconds = 4, RoundSeconds = 4;

    public string Name => "latency";

    public string Summary => "one caller, tiny model, both servers";

    public async Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        await using var servers = await ServerPair.StartAsync(ThroughputCase.Tiny, cancellationToken);
        var request = ThroughputCase.Tiny.Request();
        var table = new Table("server", "p50 µs", "p99 µs", "p99.9 µs", "calls/s");
        foreach (var (name, server) in new[] { ("Krewe", servers.Krewe), ("peer", servers.Peer) })
        {
            report.Progress(name);
            await CallAsync(server, request, measure.Round(WarmUpSeconds), cancellationToken);
            var round = measure.Round(RoundSeconds);
            var times = await CallAsync(server, request, round, cancellationToken);
            table.Add(
                name, $"{Statistics.Percentile(times, 0.5):F0}", $"{Statistics.Percentile(times, 0.99):F0}",
                $"{Statistics.Percentile(times, 0.999):F0}", $"{times.Length / round.TotalSeconds:N0}");
        }

        report.Write(table);
    }

    private static async Task<double[]> CallAsync(
        ServerProcess server, HttpRequestBytes request, TimeSpan duration, CancellationToken cancellationToken)
    {
        await using var caller = TimedCallers.Closed(server.Port, request, 1);
        await Task.Delay(duration, cancellationToken);
        return [.. (await caller.StopAsync()).Select(static sample => sample.Microseconds)];
    }
}
