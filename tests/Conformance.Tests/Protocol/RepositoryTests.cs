using System.Diagnostics;
using Krewe.Conformance.Tests.Operators;
using Krewe.Conformance.Tests.Server;
using Krewe.Conformance.Tests.Wire;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;

namespace Krewe.Conformance.Tests.Protocol;

/// <summary>What a server makes of its folder, at the start and while it serves.</summary>
public sealed class RepositoryTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task A_model_is_loaded_by_its_first_call()
    {
        using var models = new ModelsFolder();
        models.Add("called", TinyModels.Linear()).Add("left-alone", TinyModels.Linear());
        await using var server = await ServerUnderTest.StartAsync(models.Path);
        Assert.Equal(0, await MetricAsync(server, "krewe_sessions_loaded"));
        (await server.Client.PostReplyAsync("/v2/models/called/infer", InferenceTests.Body)).Ok();
        (await server.Client.PostReplyAsync("/v2/models/called/infer", InferenceTests.Body)).Ok();
        Assert.Equal(1, await MetricAsync(server, "krewe_sessions_loaded"));
        Assert.Equal(1, await MetricAsync(server, "krewe_session_cache_misses_total"));
        Assert.Equal(1, await MetricAsync(server, "krewe_load_duration_seconds_count"));
    }

    [Fact]
    public async Task Versions_come_change_and_go_without_a_failed_call()
    {
        using var models = new ModelsFolder();
        models.Add("m", 1, TinyModels.Linear(seed: 1).ToBytes());
        await using var server = await ServerUnderTest.StartAsync(models.Path, ["--poll-interval", "100ms"]);
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 4).Select(_ => CallUntilAsync(server.Client, stop.Token)).ToList();

        models.Add("m", 2, TinyModels.Linear(seed: 2).ToBytes());
        await WaitForAsync(server, "2", TinyModels.Linear(seed: 2));
        models.Replace("m", 2, TinyModels.Linear(seed: 3).ToBytes());
        await WaitForAsync(server, "2", TinyModels.Linear(seed: 3));
        models.Remove("m", 2);
        await WaitForAsync(server, "1", TinyModels.Linear(seed: 1));

        await stop.CancelAsync();
        var answers = (await Task.WhenAll(callers)).SelectMany(static one => one).ToList();
        Assert.DoesNotContain(answers, static status => status != 200);
        Assert.True(answers.Count > 100);
    }

    [Fact]
    public async Task A_new_model_is_found_and_a_half_copied_one_is_not()
    {
        using var models = new ModelsFolder();
        models.Add("first", TinyModels.Linear());
        await using var server = await ServerUnderTest.StartAsync(models.Path, ["--poll-interval", "100ms"]);
        models.Add("half", 1, TinyModels.Truncated()).Add("whole", TinyModels.Linear());
        await WaitAsync(async () => (await server.Client.PostReplyAsync("/v2/models/whole/infer", InferenceTests.Body)).Status == 200);
        Assert.NotEqual(200, (await server.Client.PostReplyAsync("/v2/models/half/infer", InferenceTests.Body)).Status);

        models.Replace("half", 1, TinyModels.Linear().ToBytes());
        await WaitAsync(async () => (await server.Client.PostReplyAsync("/v2/models/half/infer", InferenceTests.Body)).Status == 200);
    }

    [Fact]
    public async Task A_Triton_repository_is_served_as_it_is()
    {
        using var models = new ModelsFolder();
        models.Add("classic", 1, TinyModels.Linear(seed: 1).ToBytes()).Add("classic", 3, TinyModels.Linear(seed: 3).ToBytes());
        models.AddFile("classic", "config.pbtxt", """
            name: "classic"
            platform: "onnxruntime_onnx"
            max_batch_size: 8
            input [ { name: "x", data_type: TYPE_FP32, dims: [ 4 ] } ]
            output [ { name: "y" data_type: TYPE_FP32 dims: [ 3 ] } ]
            instance_group [ { count: 2, kind: KIND_CPU } ]
            dynamic_batching { preferred_batch_size: [ 4, 8 ], max_queue_delay_microseconds: 100 }
            version_policy: { specific: { versions: [ 1 ] } }
            """);
        await using var server = await ServerUnderTest.StartAsync(models.Path);
        var answer = (await server.Client.PostReplyAsync("/v2/models/classic/infer", InferenceTests.Body)).Ok();
        Assert.Equal("1", answer.GetProperty("model_version").GetString());
        (await server.Client.PostReplyAsync("/v2/models/classic/versions/3/infer", InferenceTests.Body)).Error(404);
        var config = (await server.Client.GetReplyAsync("/v2/models/classic/config")).Ok();
        Assert.Equal(8, config.GetProperty("max_batch_size").GetInt32());
        Assert.Equal("[4]", config.GetProperty("input")[0].GetProperty("dims").GetRawText());
        Assert.Equal(100, config.GetProperty("dynamic_batching").GetProperty("max_queue_delay_microseconds").GetInt64());
    }

    private static async Task<List<int>> CallUntilAsync(HttpClient client, CancellationToken stop)
    {
        var statuses = new List<int>();
        while (!stop.IsCancellationRequested)
        {
            statuses.Add((await client.PostReplyAsync("/v2/models/m/infer", InferenceTests.Body)).Status);
        }

        return statuses;
    }

    /// <summary>Waits until calls that name no version are answered by this one with this model's values.</summary>
    private static async Task WaitForAsync(ServerUnderTest server, string version, ModelBuilder model)
    {
        var x = WireTensor.Of<float>("x", [1, 2, 3, 4], 1, 4);
        using var reference = new ReferenceModel(model.ToBytes());
        var expected = reference.Run([x])[0];
        await WaitAsync(async () =>
        {
            var answer = await server.Client.InferBinaryAsync("m", [x]);
            return answer.Version == version
                && answer.Output.Values<float>().Zip(expected.Values<float>()).All(static pair => Math.Abs(pair.First - pair.Second) < 1e-4);
        });
    }

    private static async Task WaitAsync(Func<Task<bool>> condition)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Timeout, $"nothing changed within {Timeout}");
            await Task.Delay(Interval, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>A metric's value; of a host that is several processes, the sum over them.</summary>
    private static async Task<double> MetricAsync(ServerUnderTest server, string name)
    {
        var text = await server.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        var lines = text.Split('\n')
            .Where(line => line.StartsWith(name + " ", StringComparison.Ordinal) || line.StartsWith(name + "{", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(lines);
        return lines.Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ')), System.Globalization.CultureInfo.InvariantCulture));
    }
}
