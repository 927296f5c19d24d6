using System.Diagnostics.Metrics;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Telemetry;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Api.Tests.Metrics;

public sealed class MetricsEndpointTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_are_counted_by_route_and_status_class()
    {
        var host = new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1]));
        await using var server = await ApiServer.StartAsync(host);
        await server.Client.GetJsonAsync("/v2/models/m");
        await server.Client.FailAsync(HttpMethod.Get, "/v2/models/nope", 404);
        await server.Client.FailAsync(HttpMethod.Get, "/nothing", 404);

        using var response = await server.Client.GetAsync("/metrics", Token);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var metrics = PrometheusParser.Parse(await response.Content.ReadAsStringAsync(Token));

        Assert.Equal(1, Assert.Single(metrics["krewe_http_requests_in_flight"].Samples).Value);
        Assert.Equal(1, Requests("/v2/models/{model}", "2xx"));
        Assert.Equal(1, Requests("/v2/models/{model}", "4xx"));
        Assert.Equal(1, Requests("unmatched", "4xx"));
        var durations = metrics["krewe_http_request_duration_seconds"];
        Assert.Equal("histogram", durations.Type);
        Assert.Equal(2, durations.Samples.Where(static sample =>
            sample.Name.EndsWith("_count", StringComparison.Ordinal) && sample.Labels["route"] == "/v2/models/{model}").Sum(static sample => sample.Value));

        double Requests(string route, string status) => metrics["krewe_http_requests_total"].Samples
            .Single(sample => sample.Labels["route"] == route && sample.Labels["status"] == status).Value;
    }

    /// <summary>A front door beside a silo of the cluster shows that silo as one of all, and not once more without its name.</summary>
    [Fact]
    public async Task Where_the_silos_are_asked_the_own_one_is_among_them()
    {
        var host = new FakeModelHost();
        await using var server = await ApiServer.StartAsync(host, services: services => services.AddSingleton<ISiloMetrics, OneSilo>());
        server.App.Services.GetRequiredService<IMeterFactory>().Create(KreweTelemetry.SiloMeter).CreateObservableGauge("krewe_sessions_loaded", () => 7L);

        var metrics = PrometheusParser.Parse(await server.Client.GetStringAsync("/metrics", Token));

        var series = Assert.Single(metrics["krewe_sessions_loaded"].Samples);
        Assert.Equal((3, "silo-1"), (series.Value, series.Labels["silo"]));
        Assert.True(metrics.ContainsKey("krewe_http_requests_in_flight"));
    }

    private sealed class OneSilo : ISiloMetrics
    {
        public ValueTask<string> ReadAsync(CancellationToken cancellationToken) =>
            new("# HELP krewe_sessions_loaded x\n# TYPE krewe_sessions_loaded gauge\nkrewe_sessions_loaded{silo=\"silo-1\"} 3\n");
    }
}
