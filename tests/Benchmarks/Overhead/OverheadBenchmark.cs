using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Krewe.Benchmarks.Models;
using Krewe.Benchmarks.Reporting;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Benchmarks.Overhead;

/// <summary>
/// What the way over the cluster costs, against one process in the same run, and what watching calls does: rounds take turns.
/// </summary>
internal sealed class OverheadBenchmark : IBenchmark
{
    private const int Rounds = 3, FullRounds = 9, FullCallers = 64, LargeCallers = 8, Floats = 150_528;

    // The runtime compiles what is called often once more, on the same processors: in the first seconds that is a third of the work.
    private const double RoundSeconds = 2, WarmUpSeconds = 6;

    // The aim of the rate is 0.5, which is reached at times. With client, gateway and silo on the same two processors the bytes' further
    // way between processes is most of the cost; what is held here is that it does not get worse.
    private const double MostAddedMilliseconds = 0.35, LeastRate = 0.25, LeastWatched = 0.85;
    private static readonly byte[] Tiny = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"""u8.ToArray();

    public string Name => "overhead";

    public string Summary => "the way through gateway and silo against one process, and watching calls against not";

    public async Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        using var models = new ModelFolder();
        models.Add("tiny", TinyModels.Linear());
        models.Add("image", Image());
        await using var database = await PostgreSqlServer.CreateAsync();
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = models.Path, Silos = 1 });
        await MeasureWayAsync(models, cluster.GatewayAddresses[0], measure, report, cancellationToken);
        await using var unwatched = ProgramProcess.Start(
            "Gateway", ["--database", database.ConnectionString, "--cluster-id", cluster.ClusterId, "--http-port", "0", "--call-watch", "off"]);
        await unwatched.WaitUntilReadyAsync();
        await MeasureWatchAsync([cluster.GatewayAddresses[0], unwatched.Api], measure, report, cancellationToken);
    }

    private static async Task MeasureWayAsync(
        ModelFolder models, Uri gateway, Measure measure, Report report, CancellationToken cancellationToken)
    {
        await using var alone = ProgramProcess.Start("Silo", ["--models", models.Path, "--http-port", "0", "--admin-port", "0"]);
        await alone.WaitUntilReadyAsync();
        Uri[] hosts = [alone.Api, gateway];
        var image = ImageBody();
        List<double>[] small = [[], []], large = [[], []];
        foreach (var host in hosts)
        {
            await RateAsync(LargeCallers, () => ImageCaller(host, image), measure.Round(WarmUpSeconds), cancellationToken);
        }

        // The first round warms up the small calls.
        for (var round = 0; round <= Rounds; round++)
        {
            foreach (var (index, host) in hosts.Index())
            {
                var p50 = await MedianAsync(TinyCaller(host), measure.Round(RoundSeconds), cancellationToken);
                var rate = await RateAsync(LargeCallers, () => ImageCaller(host, image), measure.Round(RoundSeconds), cancellationToken);
                if (round > 0)
                {
                    small[index].Add(p50);
                    large[index].Add(rate);
                }
            }
        }

        var added = Statistics.Median(small[1]) - Statistics.Median(small[0]);
        var share = Statistics.Median(large[1]) / Statistics.Median(large[0]);
        report.Judge(
            "overhead, tiny model, one caller, p50", $"{Statistics.Median(small[0]):F3} ms, +{added:F3} ms through the cluster",
            $"at most +{MostAddedMilliseconds} ms", added <= MostAddedMilliseconds);
        report.Judge(
            $"overhead, 602 KB binary tensors, {LargeCallers} callers", $"{Statistics.Median(large[0]):F0}/s, {share:F2} x through the cluster",
            $"at least {LeastRate} x", share >= LeastRate);
    }

    private static async Task MeasureWatchAsync(Uri[] gateways, Measure measure, Report report, CancellationToken cancellationToken)
    {
        foreach (var gateway in gateways)
        {
            await RateAsync(FullCallers, () => TinyCaller(gateway), measure.Round(WarmUpSeconds), cancellationToken);
        }

        var ratios = new List<double>();
        for (var round = 0; round < FullRounds; round++)
        {
            var rates = new double[2];
            foreach (var index in round % 2 == 0 ? new[] { 0, 1 } : [1, 0])
            {
                rates[index] = await RateAsync(FullCallers, () => TinyCaller(gateways[index]), measure.Round(RoundSeconds), cancellationToken);
            }

            ratios.Add(rates[0] / rates[1]);
            report.Progress($"round {round + 1}: {rates[0]:N0}/s watched, {rates[1]:N0}/s not");
        }

        var middle = Statistics.Median(ratios);
        report.Judge(
            $"overhead, watching calls, {FullCallers} callers", $"{middle:F2} x, {ratios.Min():F2} to {ratios.Max():F2}", $"at least {LeastWatched} x",
            middle >= LeastWatched);
    }

    private static HttpCaller TinyCaller(Uri address) => new(address, "/v2/models/tiny/infer", Tiny);

    private static HttpCaller ImageCaller(Uri address, (string Headers, byte[] Body) image) =>
        new(address, "/v2/models/image/infer", image.Body, image.Headers);

    private static async Task<double> MedianAsync(HttpCaller caller, TimeSpan time, CancellationToken cancellationToken)
    {
        using (caller)
        {
            var times = new List<double>();
            for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < time;)
            {
                var begin = Stopwatch.GetTimestamp();
                Require(await caller.CallAsync(cancellationToken));
                times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            }

            return Statistics.Median(times);
        }
    }

    private static async Task<double> RateAsync(int callers, Func<HttpCaller> makeCaller, TimeSpan time, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var load = SteadyLoad.Start(callers, _ => makeCaller().CallAsync);
        try
        {
            await Task.Delay(time, cancellationToken);
        }
        finally
        {
            await load.StopAsync();
        }

        Require(load.Failures.FirstOrDefault());
        return load.Answers / watch.Elapsed.TotalSeconds;
    }

    private static void Require(string? failure)
    {
        if (failure is not null)
        {
            throw new InvalidOperationException(failure);
        }
    }

    /// <summary>The largest of 150,528 numbers: x FP32 [batch, 150528], y FP32 [batch, 1].</summary>
    private static ModelBuilder Image() => new ModelBuilder("image")
        .Input("x", TensorType.Float, "batch", Floats)
        .Node("ReduceMax", ["x"], "y", ("axes", new long[] { 1 }), ("keepdims", 1L))
        .Output("y", TensorType.Float, "batch", 1);

    private static (string Headers, byte[] Body) ImageBody()
    {
        var json = Encoding.ASCII.GetBytes(
            $$$"""{"inputs":[{"name":"x","shape":[1,{{{Floats}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{Floats * 4}}}}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}""");
        var values = new float[Floats];
        new SeededRandom(1).Fill(values, 1);
        return ($"Inference-Header-Content-Length: {json.Length}\r\n", [.. json, .. MemoryMarshal.AsBytes(values.AsSpan())]);
    }
}
