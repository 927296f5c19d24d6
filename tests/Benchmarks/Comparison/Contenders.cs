using System.Globalization;
using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Models;
using Krewe.Benchmarks.Reporting;
using Krewe.Benchmarks.Servers;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Benchmarks.Comparison;

/// <summary>The programs that are compared, all started, each in processes of its own.</summary>
internal sealed class Contenders : IAsyncDisposable
{
    /// <summary>Versions that nothing has called.</summary>
    public const int ColdModels = 90;

    private const string PeerModel = "model";
    private const long BigBytes = 500_000_000;
    private const double WarmUpSeconds = 1;
    private const int WarmUps = 3, Callers = 64;
    private readonly ILoadGenerator generator;
    private readonly ModelFolder folder = new();
    private readonly HttpClient client = new();
    private readonly List<IAsyncDisposable> started = [];
    private readonly List<Contender> all = [];

    private Contenders(ILoadGenerator generator) => this.generator = generator;

    public IReadOnlyList<Contender> All => all;

    /// <summary>The port of each program's HTTP API, by the table's column and the model.</summary>
    public Dictionary<(string Program, ComparedModel Model), int> Ports { get; } = [];

    public ServerProcess OneProcess { get; private set; } = null!;

    /// <summary>What the one process has allocated on its heap so far, in bytes.</summary>
    public async Task<double> ReadAllocatedAsync(CancellationToken cancellationToken)
    {
        const string Name = "\nkrewe_heap_allocated_bytes_total ";
        var text = await client.GetStringAsync(new Uri($"http://127.0.0.1:{OneProcess.Port}/metrics"), cancellationToken);
        var at = text.IndexOf(Name, StringComparison.Ordinal) + Name.Length;
        return double.Parse(text[at..text.IndexOf('\n', at)], CultureInfo.InvariantCulture);
    }

    public static string ColdName(int number) => $"cold-{number}";

    public string FileOf(string model) => Path.Combine(folder.Path, model, "1", "model.onnx");

    /// <summary>The path and JSON of a call.</summary>
    public static HttpRequestBytes JsonOf(string program, ComparedModel model) =>
        HttpRequestBytes.Floats(program is Figures.Peer or Figures.Batching ? PeerModel : model.Name, model.Shape);

    public static async Task<Contenders> StartAsync(
        IReadOnlyList<ComparedModel> models, ILoadGenerator generator, Report report, CancellationToken cancellationToken)
    {
        var contenders = new Contenders(generator);
        try
        {
            await contenders.StartAsync(models, report, cancellationToken);
            return contenders;
        }
        catch
        {
            await contenders.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = started.Count - 1; i >= 0; i--)
        {
            await started[i].DisposeAsync();
        }

        folder.Dispose();
        client.Dispose();
    }

    private async Task StartAsync(IReadOnlyList<ComparedModel> models, Report report, CancellationToken cancellationToken)
    {
        report.Progress("writing models and starting the programs");
        foreach (var model in models)
        {
            folder.Add(model.Name, model.Build());
        }

        for (var i = 0; i < ColdModels; i++)
        {
            folder.Add(ColdName(i), TinyModels.Linear(seed: (ulong)i));
        }

        folder.Add(Isolation.BigModel.Name, TinyModels.Big(BigBytes));
        OneProcess = Keep(await ServerProcess.StartKreweAsync(folder, cancellationToken));
        var database = Keep(await PostgreSqlServer.CreateAsync());
        var cluster = Keep(await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = folder.Path, Silos = 1 }));
        foreach (var model in models)
        {
            AddKrewe(Figures.OneProcess, model, OneProcess.Port);
            AddKrewe(Figures.Cluster, model, cluster.GatewayAddresses[0].Port);
            await AddPeerAsync(Figures.Peer, model, [], cancellationToken);
            await AddPeerAsync(Figures.Batching, model, ["batching"], cancellationToken);
        }

        foreach (var (index, contender) in all.Index())
        {
            report.Progress($"warming up {index + 1} of {all.Count}: {contender.Program}, {contender.Subject.Name}, {contender.Protocol}");
            for (var i = 0; i < WarmUps; i++)
            {
                await contender.RunAsync(Callers, TimeSpan.FromSeconds(WarmUpSeconds), cancellationToken);
            }
        }
    }

    private T Keep<T>(T process)
        where T : IAsyncDisposable
    {
        started.Add(process);
        return process;
    }

    private void AddKrewe(string program, ComparedModel model, int port)
    {
        Ports[(program, model)] = port;
        AddHttp(program, Contender.Json, model, port, JsonOf(program, model));
        AddHttp(program, Contender.Binary, model, port, HttpRequestBytes.Binary(model.Name, model.Shape));
        var call = new GrpcRequest(model.Name, model.Shape);
        all.Add(new(program, Contender.Grpc, model, (callers, time, token) => GrpcLoad.RunAsync(port, call, callers, time, token)));
    }

    private void AddHttp(string program, string protocol, ComparedModel model, int port, HttpRequestBytes request) =>
        all.Add(new(program, protocol, model, (callers, time, token) => generator.RunAsync(port, request, callers, time, token)));

    /// <summary>Adds the peer with one intra-op thread or with as many as ONNX Runtime likes, whichever is faster.</summary>
    private async Task AddPeerAsync(string program, ComparedModel model, string[] more, CancellationToken cancellationToken)
    {
        var request = JsonOf(program, model);
        var (best, rate) = (default(ServerProcess), 0.0);
        foreach (var threads in new[] { 1, 0 })
        {
            var server = await ServerProcess.StartPeerAsync(FileOf(model.Name), threads, cancellationToken, more);
            var load = new LoadResult(0, TimeSpan.FromSeconds(1), 0);
            for (var i = 0; i < WarmUps; i++)
            {
                load = await generator.RunAsync(server.Port, request, Callers, TimeSpan.FromSeconds(WarmUpSeconds), cancellationToken);
            }

            var isBetter = load.PerSecond > rate;
            await ((isBetter ? best : server)?.DisposeAsync() ?? default);
            (best, rate) = isBetter ? (server, load.PerSecond) : (best, rate);
        }

        Keep(best!);
        Ports[(program, model)] = best!.Port;
        AddHttp(program, Contender.Json, model, best.Port, request);
    }
}
