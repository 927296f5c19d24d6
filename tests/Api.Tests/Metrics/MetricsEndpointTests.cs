using Krewe.Abstractions.Metrics;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Metrics;

public sealed class MetricsEndpointTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_hosts_metrics_and_those_of_http_are_one_valid_text()
    {
        var host = new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1]));
        host.Metrics.Add(new MetricFamily(
            "nv_inference_request_success", "Answered.", MetricKind.Counter, [new([new("model", "m"), new("version", "1")], 42)]));
        await using var server = await ApiServer.StartAsync(host);
        await server.Client.GetJsonAsync("/v2/models/m");
        await server.Client.FailAsync(HttpMethod.Get, "/v2/models/nope", 404);
        await server.Client.FailAsync(HttpMethod.Get, "/nothing", 404);

        using var response = await server.Client.GetAsync("/metrics", Token);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var metrics = PrometheusParser.Parse(await response.Content.ReadAsStringAsync(Token));

        Assert.Equal(42, Assert.Single(metrics["nv_inference_request_success"].Samples).Value);
        Assert.Equal(1, Assert.Single(metrics["krewe_http_requests_in_flight"].Samples).Value);
        Assert.Equal(1, Requests("/v2/models/{model}", "2xx"));
        Assert.Equal(1, Requests("/v2/models/{model}", "4xx"));
        Assert.Equal(1, Requests("unmatched", "4xx"));
        var durations = metrics["krewe_http_request_duration_seconds"];
        Assert.Equal("histogram", durations.Type);
        Assert.Equal(2, durations.Samples.Single(sample =>
            sample.Name.EndsWith("_count", StringComparison.Ordinal) && sample.Labels["route"] == "/v2/models/{model}").Value);

        double Requests(string route, string status) => metrics["krewe_http_requests_total"].Samples
            .Single(sample => sample.Labels["route"] == route && sample.Labels["status"] == status).Value;
    }
}
