using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Reporting;
using Krewe.Benchmarks.Servers;

namespace Krewe.Benchmarks.Throughput;

/// <summary>Krewe against the peer: rounds take turns, so that what else the machine does hurts both alike.</summary>
internal sealed class ThroughputBenchmark : IBenchmark
{
    private const int Callers = 64, Rounds = 5, MinWarmUps = 4, MaxWarmUps = 8;
    private const double RoundSeconds = 4, WarmUpSeconds = 2, Steady = 1.05, Tolerance = 1e-4;

    public string Name => "throughput";

    public string Summary => $"{Callers} callers, JSON, against a hand-written ASP.NET minimal API";

    public async Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        var generator = measure.Generator();
        report.Note($"load from {generator.Description}");
        var table = new Table("model", "Krewe/s", "peer/s", "ratio", "lowest", "highest", "Krewe CPU µs", "peer CPU µs");
        var judgements = new List<Action>();
        foreach (var subject in ThroughputCase.All.Where(subject => subject.Name.Contains(measure.Only ?? "", StringComparison.OrdinalIgnoreCase)))
        {
            var pairs = await CompareAsync(subject, generator, measure, report, cancellationToken);
            var ratios = pairs.Select(static pair => pair.Krewe.PerSecond / pair.Peer.PerSecond).ToArray();
            table.Add(
                subject.Name, $"{Statistics.Median(pairs.Select(static pair => pair.Krewe.PerSecond)):N0}",
                $"{Statistics.Median(pairs.Select(static pair => pair.Peer.PerSecond)):N0}", $"{Statistics.Median(ratios):F2}",
                $"{ratios.Min():F2}", $"{ratios.Max():F2}",
                $"{Statistics.Median(pairs.Select(static pair => pair.Krewe.ProcessorMicrosecondsPerRequest)):F1}",
                $"{Statistics.Median(pairs.Select(static pair => pair.Peer.ProcessorMicrosecondsPerRequest)):F1}");
            var failures = pairs.Sum(static pair => pair.Krewe.Load.Failures + pair.Peer.Load.Failures);
            judgements.Add(() => report.Judge(
                $"throughput, {subject.Name}", $"{Statistics.Median(ratios):F2} x the peer, {failures} failed", $"at least {subject.Target:F1} x, none failed",
                Statistics.Median(ratios) >= subject.Target && failures == 0));
        }

        report.Write(table);
        judgements.ForEach(static judge => judge());
    }

    private static async Task<List<(Round Krewe, Round Peer)>> CompareAsync(
        ThroughputCase subject, ILoadGenerator generator, Measure measure, Report report, CancellationToken cancellationToken)
    {
        report.Progress($"{subject.Name}: warming up");
        await using var servers = await ServerPair.StartAsync(subject, cancellationToken);
        var request = subject.Request();
        var difference = servers.Compare(request);
        report.Judge($"answers, {subject.Name}", $"differ by {difference:E1}", $"less than {Tolerance:E0} of the largest", difference < Tolerance);
        await WarmUpAsync(servers.Krewe);
        report.Note(await servers.ChoosePeerAsync(WarmUpAsync, cancellationToken));
        var pairs = new List<(Round Krewe, Round Peer)>();
        for (var round = 0; round < Rounds; round++)
        {
            var kreweFirst = round % 2 == 0;
            var first = await Round.RunAsync(kreweFirst ? servers.Krewe : servers.Peer, Measured);
            var second = await Round.RunAsync(kreweFirst ? servers.Peer : servers.Krewe, Measured);
            pairs.Add(kreweFirst ? (first, second) : (second, first));
            var (krewe, peer) = pairs[^1];
            report.Progress($"{subject.Name}, round {round + 1} of {Rounds}: {krewe.PerSecond:N0}/s against {peer.PerSecond:N0}/s");
        }

        return pairs;

        Task<LoadResult> Measured(ServerProcess server) => Load(server, measure.Round(RoundSeconds));

        // The runtime compiles what is hot again and again, the better for what it has seen: a server is warm when it no longer gains.
        async Task<LoadResult> WarmUpAsync(ServerProcess server)
        {
            var best = await Load(server, TimeSpan.FromSeconds(WarmUpSeconds));
            for (var round = 1; round < MaxWarmUps; round++)
            {
                var next = await Load(server, TimeSpan.FromSeconds(WarmUpSeconds));
                var isSteady = next.PerSecond < best.PerSecond * Steady;
                best = isSteady ? best : next;
                if (isSteady && round >= MinWarmUps)
                {
                    break;
                }
            }

            return best;
        }

        Task<LoadResult> Load(ServerProcess server, TimeSpan duration) =>
            generator.RunAsync(server.Port, request, Callers, duration, cancellationToken);
    }
}
