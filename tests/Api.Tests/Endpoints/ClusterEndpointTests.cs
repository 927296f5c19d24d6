using System.Collections.Immutable;
using System.Net;
using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Endpoints;

public sealed class ClusterEndpointTests : IAsyncLifetime
{
    private const string Quarantine = "loading it ended silo-1 and silo-2";
    private readonly FakeModelHost host = new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1]));
    private readonly FakeClusterControl cluster = new();
    private ApiServer server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(host, cluster: cluster);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task The_cluster_is_shown_with_silos_devices_budgets_and_replicas()
    {
        var model = new ModelId(ModelName.Parse("m"), new ModelVersion(2));
        var silo = new SiloStatus
        {
            Name = "silo-1",
            Address = "127.0.0.1:11111",
            IsDraining = false,
            NotReady = "",
            Providers = [ExecutionProvider.Cpu, ExecutionProvider.Cuda, ExecutionProvider.TensorRt],
            Labels = ImmutableDictionary<string, string>.Empty.Add("zone", "a").Add("rack", "\"7\""),
            MemoryBudgetBytes = 1 << 30,
            MemoryUsedBytes = 12345,
            QueueDepth = 3,
            Versions = 4,
            Sessions = [model],
            Replicas = [new ReplicaStatus(model, 0, IsLoaded: true), new ReplicaStatus(model, 1, IsLoaded: false)],
        };
        var idle = silo with { Name = "silo-2", NotReady = "no database", Providers = [ExecutionProvider.Cpu], Labels = ImmutableDictionary<string, string>.Empty, Sessions = [], Replicas = [] };
        cluster.Status = new ClusterStatus([silo, idle, idle with { Name = "silo-3", IsDraining = true }], [new QuarantinedVersion(model, Quarantine)]);

        var json = await server.Client.GetJsonAsync("/v2/cluster");

        Assert.Equal(
            """{"name":"silo-1","address":"127.0.0.1:11111","state":"READY","reason":"","execution_providers":["cpu","cuda","tensorrt"],"labels":{"rack":"\"7\"","zone":"a"},"memory_budget_bytes":1073741824,"memory_used_bytes":12345,"queue_depth":3,"versions":4,"sessions":[{"name":"m","version":"2"}],"replicas":[{"name":"m","version":"2","index":0,"loaded":true},{"name":"m","version":"2","index":1,"loaded":false}]}""",
            json.GetProperty("silos")[0].GetRawText());
        Assert.Equal(
            [("silo-1", "READY", ""), ("silo-2", "NOT_READY", "no database"), ("silo-3", "DRAINING", "no database")],
            json.GetProperty("silos").EnumerateArray().Select(s =>
                (s.GetProperty("name").GetString()!, s.GetProperty("state").GetString()!, s.GetProperty("reason").GetString()!)));
        Assert.Equal($$"""[{"name":"m","version":"2","reason":"{{Quarantine}}"}]""", json.GetProperty("quarantined").GetRawText());
    }

    [Theory]
    [InlineData("/v2/repository/models/m/quarantine/clear", "", "m")]
    [InlineData("/v2/repository/models/m/quarantine/clear", """{"parameters":{}}""", "m")]
    [InlineData("/v2/repository/models/m/versions/2/quarantine/clear", "{}", "m/2")]
    public async Task A_quarantine_is_cleared(string path, string body, string cleared)
    {
        using var response = await server.Client.PostAsync(path, new StringContent(body), Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal([cleared], cluster.Cleared);
    }

    [Fact]
    public async Task What_is_wrong_with_a_clear_is_said()
    {
        const string Path = "/v2/repository/models/m/quarantine/clear";
        Assert.Equal(
            "parameter 'force' is not supported: a quarantine is cleared without any",
            await server.Client.FailAsync(HttpMethod.Post, Path, 400, """{"parameters":{"force":true}}"""));
        Assert.Contains("is not a model version", await server.Client.FailAsync(HttpMethod.Post, "/v2/repository/models/m/versions/0/quarantine/clear", 400));
        Assert.Empty(cluster.Cleared);

        cluster.Failure = UnknownModel.Error(ModelName.Parse("m"));
        Assert.Equal("Request for unknown model: 'm' is not found", await server.Client.FailAsync(HttpMethod.Post, Path, 404));
        cluster.Failure = KreweException.Unavailable("the database is not there");
        Assert.Equal("the database is not there", await server.Client.FailAsync(HttpMethod.Post, Path, 503));
        Assert.Equal("the database is not there", await server.Client.FailAsync(HttpMethod.Get, "/v2/cluster", 503));
        await server.Client.FailAsync(HttpMethod.Post, "/v2/cluster", 405);
    }

    [Fact]
    public async Task A_quarantined_version_answers_503_with_the_reason_and_when_to_try_again()
    {
        host.Infer = (_, _) => throw KreweException.Unavailable($"model 'm' version '1' is not available: {Quarantine}", TimeSpan.FromSeconds(10));

        using var response = await server.Client.PostAsync(
            "/v2/models/m/infer", new StringContent("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}"""), Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(10), response.Headers.RetryAfter!.Delta);
        Assert.Contains(Quarantine, await JsonClient.ReadErrorAsync(response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v2/cluster")]
    [InlineData("POST", "/v2/repository/models/m/quarantine/clear")]
    [InlineData("POST", "/v2/repository/models/m/versions/1/quarantine/clear")]
    public async Task A_server_without_cluster_answers_404(string method, string path)
    {
        await using var single = await ApiServer.StartAsync(host);
        var error = await single.Client.FailAsync(new HttpMethod(method), path, 404);
        Assert.Equal("this server is a single process, not a cluster: it has no silos and no quarantines", error);
    }

    [Fact]
    public async Task The_calls_are_counted_by_route()
    {
        await server.Client.GetJsonAsync("/v2/cluster");
        var metrics = await server.Client.GetStringAsync("/metrics", Token);
        Assert.Contains("route=\"/v2/cluster\"", metrics, StringComparison.Ordinal);
    }
}
