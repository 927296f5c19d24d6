using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Endpoints;

public sealed class StatisticsEndpointTests : IAsyncLifetime
{
    private const string Zero = """{"count":0,"ns":0}""";
    private readonly FakeModelHost host = new FakeModelHost()
        .Add("m", new TensorSpec("x", TensorType.Float32, [-1])).Add("other", new TensorSpec("x", TensorType.Float32, [-1]));

    private ApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(host);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("/v2/models/stats")]
    [InlineData("/v2/models/m/stats")]
    [InlineData("/v2/models/m/versions/1/stats")]
    public async Task Counters_have_the_form_of_the_protocol(string path)
    {
        host.Statistics.Add(Statistics());
        Assert.Equal(
            $$$"""
            {"model_stats":[{"name":"m","version":"1","last_inference":1700000000123,"inference_count":10,"execution_count":4,
            "inference_stats":{"success":{"count":4,"ns":100},"fail":{"count":1,"ns":9},"queue":{"count":4,"ns":20},
            "compute_input":{"count":4,"ns":30},"compute_infer":{"count":4,"ns":40},"compute_output":{"count":4,"ns":50},
            "cache_hit":{{{Zero}}},"cache_miss":{{{Zero}}}},
            "batch_stats":[{"batch_size":8,"compute_input":{"count":1,"ns":2},"compute_infer":{"count":1,"ns":3},"compute_output":{"count":1,"ns":4}}],
            "memory_usage":[{"type":"CPU","id":0,"byte_size":4096}]}]}
            """.ReplaceLineEndings(""),
            (await server.Client.GetJsonAsync(path)).GetRawText());
    }

    [Fact]
    public async Task A_model_that_was_not_called_has_no_counters()
    {
        Assert.Equal("""{"model_stats":[]}""", (await server.Client.GetJsonAsync("/v2/models/other/stats")).GetRawText());
        await server.Client.FailAsync(HttpMethod.Get, "/v2/models/nope/stats", 404);
    }

    private static ModelStatistics Statistics() => new()
    {
        Model = new ModelId(ModelName.Parse("m"), new ModelVersion(1)),
        LastInference = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123),
        InferenceCount = 10,
        ExecutionCount = 4,
        Success = new(4, 100),
        Fail = new(1, 9),
        Queue = new(4, 20),
        ComputeInput = new(4, 30),
        ComputeInfer = new(4, 40),
        ComputeOutput = new(4, 50),
        Batches = [new BatchStatistic(8, new(1, 2), new(1, 3), new(1, 4))],
        MemoryBytes = 4096,
    };
}
