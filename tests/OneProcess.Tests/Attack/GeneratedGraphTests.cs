using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Krewe.GraphProcess;
using Krewe.OneProcess.Tests.Start;
using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Operators;

namespace Krewe.OneProcess.Tests.Attack;

/// <summary>
/// Generated graphs over all operators, with hostile attributes, constants, shapes and inputs, loaded and run through HTTP: the process
/// lives, every call gets a clear answer, and only graphs that are not plain end workers.
/// </summary>
public sealed partial class GeneratedGraphTests : IDisposable
{
    /// <summary>The number of graphs of the long test.</summary>
    private const string Count = "KREWE_TEST_GRAPHS";

    private const int Callers = 6;
    private const int Runs = 3;
    private const int UploadEvery = 25;
    private const string LinearBody = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";

    /// <summary>No call may take longer: that of a load, a warm-up and a run, each at its limit.</summary>
    private static readonly TimeSpan Stuck = TimeSpan.FromSeconds(100);

    private readonly ModelsFolder models = new();
    private readonly ConcurrentDictionary<int, int> statuses = new();
    private readonly ConcurrentDictionary<string, int> ended = new();
    private readonly ConcurrentQueue<string> faults = new();
    private readonly ConcurrentDictionary<int, string> underWay = new();
    private int guarded;
    private int answered;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => models.Dispose();

    [Fact]
    public Task A_process_survives_generated_graphs() => RunAsync(OperatorSignature.Known.Length, Replay.Seed(usual: 20261128));

    [Fact]
    [Trait("category", "long")]
    public Task A_process_survives_many_generated_graphs() => RunAsync(
        int.Parse(Environment.GetEnvironmentVariable(Count) ?? "500", CultureInfo.InvariantCulture), Replay.Seed());

    [GeneratedRegex(@"ended its worker process: signal (4|6|7|8|11) ")]
    private static partial Regex Trap { get; }

    private async Task RunAsync(int count, int seed)
    {
        models.Add("honest", TinyModels.Linear());
        for (var number = 1; number <= count; number++)
        {
            models.Add($"g{number}", 1, new HostileGraph(seed, number, OperatorSignature.Known).Model);
        }

        await using var program = await KreweRun.ServeAsync(
            "--models", models.Path, "--http-port", "0", "--run-timeout", "2s", "--memory-budget", "1GiB", "--log-level", "warning");
        var watch = Stopwatch.StartNew();
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            using var client = new HttpClient { BaseAddress = program.Api, Timeout = Stuck };
            while (Interlocked.Increment(ref next) is var number && number <= count && !program.HasExited)
            {
                underWay[caller] = $"g{number}";
                await TryAsync(client, seed, number);
            }
        }, Token)));

        Say($"{count} graphs, {guarded} of them not plain and {answered} answered with 200, in {watch.Elapsed.TotalSeconds:0} s ({count / watch.Elapsed.TotalSeconds:0.0}/s); seed {seed}");
        Say($"answers: {string.Join(", ", statuses.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Value} × {pair.Key}"))}");
        Say($"graphs that ended workers: {string.Join(", ", ended.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Key} ({pair.Value})"))}");
        Assert.False(program.HasExited, $"the process ended (seed {seed}); under way: {string.Join(", ", underWay.Values)}");
        Assert.True(faults.IsEmpty, string.Join('\n', faults));
        using var honest = new HttpClient { BaseAddress = program.Api, Timeout = Stuck };
        using var body = new StringContent(LinearBody);
        using var answer = await honest.PostAsync("/v2/models/honest/infer", body, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await honest.GetAsync("/v2/health/ready", Token)).StatusCode);
    }

    private async Task TryAsync(HttpClient client, int seed, int number)
    {
        var graph = new HostileGraph(seed, number, OperatorSignature.Known);
        var isPlain = HazardOf(number) is null;
        Interlocked.Add(ref guarded, isPlain ? 0 : 1);
        var traps = 0;
        var wasAnswered = false;
        async Task CallAsync(HttpMethod method, string path, HttpContent content)
        {
            using var request = new HttpRequestMessage(method, path) { Content = content };
            try
            {
                using var answer = await client.SendAsync(request, Token);
                var text = answer.IsSuccessStatusCode ? "" : await answer.Content.ReadAsStringAsync(Token);
                traps += Trap.Count(text);
                wasAnswered |= answer.StatusCode == HttpStatusCode.OK;
                statuses.AddOrUpdate((int)answer.StatusCode, 1, static (_, known) => known + 1);
                var isClear = (int)answer.StatusCode is (>= 200 and < 300) or (((>= 400 and < 500) or 503 or 504)) && (answer.IsSuccessStatusCode || text.Contains("error", StringComparison.Ordinal));
                if (!isClear || (isPlain && Trap.IsMatch(text)))
                {
                    Fault($"{(int)answer.StatusCode} {text}");
                }
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException && !Token.IsCancellationRequested)
            {
                Fault(error.Message);
            }

            void Fault(string what) => faults.Enqueue(
                $"graph {number} of seed {seed}, {(isPlain ? "plain" : "not plain")}, {string.Join(" + ", graph.Operators)}: {method} {path}: {what}\n{Convert.ToBase64String(graph.Model)}");
        }

        for (var run = 0; run < Runs; run++)
        {
            var (body, headerLength) = graph.Request();
            using var content = new ByteArrayContent(body);
            content.Headers.Add("Inference-Header-Content-Length", $"{headerLength}");
            await CallAsync(HttpMethod.Post, $"/v2/models/g{number}/infer", content);
        }

        if (number % UploadEvery == 0)
        {
            using var content = new ByteArrayContent(graph.Model);
            await CallAsync(HttpMethod.Put, $"/v2/repository/models/u{number}/versions/1", content);
        }

        Interlocked.Add(ref answered, wasAnswered ? 1 : 0);
        if (traps > 0)
        {
            ended.AddOrUpdate(string.Join('+', graph.Operators), 1, static (_, known) => known + 1);
        }
    }

    private string? HazardOf(int number)
    {
        try
        {
            return HazardAnalysis.Of(OnnxFile.Read(Path.Combine(models.Path, $"g{number}", "1", "model.onnx"))).Hazard;
        }
        catch (OnnxFileException)
        {
            return "it cannot be read";
        }
    }

    private static void Say(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        Console.WriteLine(line);
    }
}
