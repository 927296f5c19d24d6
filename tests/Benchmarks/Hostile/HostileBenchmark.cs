using Krewe.Benchmarks.Reporting;
using Krewe.Benchmarks.Servers;
using Krewe.Conformance.Tests.Hostile;

namespace Krewe.Benchmarks.Hostile;

/// <summary>Generated hostile requests, in numbers: nothing of them may be the server's fault, and nothing may stay behind.</summary>
internal sealed class HostileBenchmark : IBenchmark
{
    private const int Requests = 100_000, WarmUp = 50_000, CallerCount = 16, Parts = 5, MaxGrowthMiB = 32, FaultsShown = 5;
    private const ulong Seed = 20261120;

    public string Name => "hostile";

    public string Summary => $"{Requests:N0} generated hostile requests from {CallerCount} callers";

    public async Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        using var models = new ModelsFolder();
        HostileModels.AddTo(models);
        await using var server = await ServerProcess.StartKreweAsync(
            models.Path, cancellationToken, "--max-body-size", "4MiB", "--log-level", "error");
        var run = new HostileRun(new Uri($"http://127.0.0.1:{server.Port}"), Seed, CallerCount);
        var (warmUp, total) = (measure.Count(WarmUp), measure.Count(Requests, Parts));
        var resident = new List<double>();
        for (var part = 0; part <= Parts && server.IsRunning; part++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var sent = warmUp + (total * part / Parts);
            await run.SendUpToAsync(sent);
            resident.Add(server.IsRunning ? server.ResidentBytes / (double)(1 << 20) : double.NaN);
            report.Progress($"{sent:N0} sent{(part == 0 ? " to warm up" : "")}, {resident[^1]:F0} MiB resident");
        }

        report.Note($"answers: {run}");
        foreach (var fault in run.Faults.Take(FaultsShown))
        {
            report.Note($"fault: {fault}");
        }

        report.Judge("hostile, server", server.IsRunning ? "runs" : "ended", "runs", server.IsRunning);
        report.Judge("hostile, answers", $"{run.Faults.Count} at fault", "none: no 5xx but where it is true, every refusal with its reason", run.Faults.Count == 0);
        var growth = resident[^1] - resident[0];
        report.Judge(
            "hostile, memory", $"{growth:+0.0;-0.0} MiB in {total:N0} requests after the first {warmUp:N0}", $"at most +{MaxGrowthMiB} MiB", growth <= MaxGrowthMiB);
    }
}
