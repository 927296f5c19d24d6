using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Models;
using Krewe.Benchmarks.Reporting;
using Krewe.Benchmarks.Servers;
using Krewe.Benchmarks.Throughput;
using Krewe.Onnx.Tiny;

namespace Krewe.Benchmarks.Churn;

/// <summary>Loads and unloads a model of 6 MB again and again, with a call in between.</summary>
internal sealed class ChurnBenchmark : IBenchmark
{
    private const int Cycles = 1000, ReferenceCycle = 10, MaxGrowthMiB = 32;
    private const string Model = "x";
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    public string Name => "churn";

    public string Summary => $"a 6 MB model loaded and unloaded {Cycles:N0} times";

    public async Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        using var folder = new ModelFolder();
        folder.Add(Model, TinyModels.Mlp(512, 1024, 1024, 10));
        await using var server = await ServerProcess.StartKreweAsync(folder, cancellationToken);
        var cycles = measure.Count(Cycles, 2 * ReferenceCycle);
        await CycleAsync(server, ReferenceCycle, cancellationToken);
        var reference = await ResidentAsync(server, cancellationToken);
        report.Progress($"after {ReferenceCycle} cycles {MiB(reference):F1} MiB resident");
        const int Parts = 4;
        for (var part = 0; part < Parts; part++)
        {
            var from = ReferenceCycle + ((cycles - ReferenceCycle) * part / Parts);
            var to = ReferenceCycle + ((cycles - ReferenceCycle) * (part + 1) / Parts);
            await CycleAsync(server, to - from, cancellationToken);
            report.Progress($"after {to} cycles {MiB(server.ResidentBytes):F1} MiB resident");
        }

        var growth = MiB(await ResidentAsync(server, cancellationToken) - reference);
        report.Judge(
            $"churn, {cycles} cycles", $"{growth:+0.0;-0.0} MiB since cycle {ReferenceCycle}", $"at most +{MaxGrowthMiB} MiB", growth <= MaxGrowthMiB);
    }

    private static Task CycleAsync(ServerProcess server, int cycles, CancellationToken cancellationToken) => Callers.RunAsync(1, _ =>
    {
        using var connection = new HttpConnection(server.Port);
        HttpRequestBytes[] requests =
        [
            HttpRequestBytes.Repository(Model, "load"), HttpRequestBytes.Floats(Model, 1, 512), HttpRequestBytes.Repository(Model, "unload"),
        ];
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var request in requests)
            {
                Answer.Require(connection.Call(request.Bytes.Span), connection, request);
            }
        }
    });

    private static async Task<long> ResidentAsync(ServerProcess server, CancellationToken cancellationToken)
    {
        await Task.Delay(Settle, cancellationToken);
        return server.ResidentBytes;
    }

    private static double MiB(long bytes) => bytes / (double)(1 << 20);
}
