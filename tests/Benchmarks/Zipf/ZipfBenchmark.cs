using System.Diagnostics;
using System.Text;
using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Models;
using Krewe.Benchmarks.Reporting;
using Krewe.Benchmarks.Servers;
using Krewe.Onnx.Tiny;

namespace Krewe.Benchmarks.Zipf;

/// <summary>Many more versions than fit, called by many as the world calls: few often, most seldom.</summary>
internal sealed class ZipfBenchmark : IBenchmark
{
    private const int Versions = 10_000, CallerCount = 32, BudgetMiB = 512, FixedMiB = 256;
    private const double RunSeconds = 40, MaxStartSeconds = 5;

    public string Name => "zipf";

    public string Summary => $"{Versions:N0} versions, a budget of {BudgetMiB} MiB, Zipf-distributed calls from {CallerCount} callers";

    public async Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        using var folder = new ModelFolder();
        var versions = Math.Max(10, measure.Count(Versions) / 10 * 10);
        report.Progress($"writing {versions:N0} versions");
        var fleet = new Fleet(folder, versions);
        report.Progress($"{fleet.TotalBytes / 1e6:N0} MB written, starting");
        await using var server = await ServerProcess.StartKreweAsync(
            folder, cancellationToken, "--memory-budget", $"{BudgetMiB}MiB", "--log-level", "warning");
        var atStart = server.ResidentBytes;
        var sampler = new MemorySampler(server);
        var calls = new Tally();
        await using (sampler)
        {
            report.Progress($"calling for {measure.Round(RunSeconds).TotalSeconds:F0} s");
            await CallAsync(server, fleet, versions, measure.Round(RunSeconds), calls, cancellationToken);
        }

        report.Progress("called");
        var seconds = measure.Round(RunSeconds).TotalSeconds;
        report.Note($"{calls.Count:N0} calls, {calls.Count / seconds:N0}/s; {calls.Distinct:N0} versions called; p50 {calls.Percentile(0.5):F2} ms, "
            + $"p99 {calls.Percentile(0.99):F2} ms, longest {calls.Percentile(1):F0} ms");
        var max = MiB(sampler.MaxBytes);
        report.Note($"resident: {MiB(atStart):F0} MiB at the start, at most {max:F0} MiB in {sampler.Samples} samples, "
            + $"{MiB(server.ResidentBytes):F0} MiB at the end");
        report.Judge("zipf, start", $"{server.StartTime.TotalSeconds:F2} s until it listens", $"under {MaxStartSeconds} s", server.StartTime.TotalSeconds < MaxStartSeconds);
        report.Judge("zipf, calls", $"{calls.Failures} of {calls.Count:N0} failed{calls.FirstFailure}", "none", calls.Failures == 0);
        report.Judge(
            "zipf, memory", $"budget and {Math.Max(0, max - BudgetMiB):F0} MiB", $"budget of {BudgetMiB} MiB and fixed part of at most {FixedMiB} MiB",
            max <= BudgetMiB + FixedMiB);
    }

    private static Task CallAsync(
        ServerProcess server, Fleet fleet, int versions, TimeSpan duration, Tally tally, CancellationToken cancellationToken)
    {
        var requests = Enumerable.Range(0, versions).Select(fleet.Request).ToArray();
        var distribution = new ZipfDistribution(versions);
        var start = Stopwatch.GetTimestamp();
        return Callers.RunAsync(CallerCount, number =>
        {
            using var connection = new HttpConnection(server.Port);
            var random = new SeededRandom((ulong)number + 1);
            while (Stopwatch.GetElapsedTime(start) < duration)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var rank = distribution.Next(random);
                var called = Stopwatch.GetTimestamp();
                var status = connection.Call(requests[rank].Bytes.Span);
                tally.Add(number, rank, Stopwatch.GetElapsedTime(called), status == 200 ? null : Encoding.UTF8.GetString(connection.Body.Span));
            }
        });
    }

    private static double MiB(long bytes) => bytes / (double)(1 << 20);

    /// <summary>What the callers saw.</summary>
    private sealed class Tally
    {
        private readonly List<(int Rank, float Milliseconds)>[] calls =
            [.. Enumerable.Range(0, CallerCount).Select(static _ => new List<(int, float)>(1 << 16))];

        private long failures;
        private string? firstFailure;

        public long Count => calls.Sum(static list => (long)list.Count);

        public int Distinct => calls.SelectMany(static list => list).Select(static call => call.Rank).Distinct().Count();

        public long Failures => failures;

        public string FirstFailure => firstFailure is null ? "" : $", the first: {firstFailure}";

        public void Add(int caller, int rank, TimeSpan time, string? failure)
        {
            calls[caller].Add((rank, (float)time.TotalMilliseconds));
            if (failure is not null)
            {
                Interlocked.Increment(ref failures);
                Interlocked.CompareExchange(ref firstFailure, failure, null);
            }
        }

        public double Percentile(double share) =>
            Statistics.Percentile(calls.SelectMany(static list => list).Select(static call => (double)call.Milliseconds), share);
    }
}
