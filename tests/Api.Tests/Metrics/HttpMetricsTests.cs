using System.Text;
using Krewe.Api.Metrics;
using Krewe.Api.Stopping;
using Krewe.Telemetry;

namespace Krewe.Api.Tests.Metrics;

public sealed class HttpMetricsTests : IDisposable
{
    private readonly Measured meters = new();
    private readonly PrometheusExporter exporter;
    private readonly HttpRouteCounter counter;

    public HttpMetricsTests() =>
        (exporter, counter) = (new PrometheusExporter(meters), new HttpMetrics(new Traffic(TimeProvider.System), meters).AddRoute("GET", "/v2"));

    public void Dispose()
    {
        exporter.Dispose();
        meters.Dispose();
    }

    [Fact]
    public async Task Requests_are_counted_by_status_class()
    {
        foreach (var status in new[] { 200, 204, 404, 499, 503, 101 })
        {
            counter.Record(status, TimeSpan.Zero);
        }

        Assert.Equal(
            [("GET,/v2,1xx", 1), ("GET,/v2,2xx", 2), ("GET,/v2,4xx", 2), ("GET,/v2,5xx", 1)],
            (await ReadAsync("krewe_http_requests_total")).Select(static sample => (string.Join(',', sample.Labels.Values), (int)sample.Value)).Order());
    }

    [Fact]
    public async Task Durations_fall_into_cumulative_buckets()
    {
        counter.Record(200, TimeSpan.FromMicroseconds(250));
        counter.Record(200, TimeSpan.FromMicroseconds(251));
        counter.Record(200, TimeSpan.FromSeconds(20));
        var samples = await ReadAsync("krewe_http_request_duration_seconds");

        Assert.All(samples, static sample => Assert.Equal(("GET", "/v2", "2xx"), (sample.Labels["method"], sample.Labels["route"], sample.Labels["status"])));
        Assert.Equal(18, samples.Count);
        Assert.Equal(1, Bucket("0.00025"));
        Assert.Equal(2, Bucket("0.0005"));
        Assert.Equal(2, Bucket("10"));
        Assert.Equal(3, Bucket("+Inf"));
        Assert.Equal(3, samples.Single(static sample => sample.Name.EndsWith("_count", StringComparison.Ordinal)).Value);
        Assert.Equal(20.000501, samples.Single(static sample => sample.Name.EndsWith("_sum", StringComparison.Ordinal)).Value, 9);

        double Bucket(string le) => samples.Single(sample => sample.Labels.GetValueOrDefault("le") == le).Value;
    }

    private async Task<List<PrometheusParser.Sample>> ReadAsync(string family)
    {
        using var text = new MemoryStream();
        await exporter.WriteAsync(text, static _ => true, TestContext.Current.CancellationToken);
        return PrometheusParser.Parse(Encoding.UTF8.GetString(text.ToArray()))[family].Samples;
    }
}
