using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Metrics;
using Krewe.Api.Metrics;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Endpoints;

/// <summary>
/// <c>GET /metrics</c>: the host's metrics, or those of the registered sources in its place, and the HTTP metrics, in the Prometheus text
/// format.
/// </summary>
internal sealed class MetricsEndpoint(IModelHost host, IReadOnlyList<IMetricSource> sources, HttpMetrics metrics)
{
    public void Map(RouteTable routes) => routes.Get("/metrics", AnswerAsync);

    private async Task AnswerAsync(HttpContext context)
    {
        List<MetricFamily> families = sources.Count == 0 ? [.. await host.GetMetricsAsync(context.RequestAborted)] : [];
        foreach (var source in sources)
        {
            families.AddRange(await source.ReadAsync(context.RequestAborted));
        }

        context.Response.ContentType = PrometheusText.ContentType;
        var body = context.Response.BodyWriter;
        foreach (var family in families.Concat(metrics.Read()))
        {
            PrometheusText.Write(body, family);
            await body.FlushAsync(context.RequestAborted);
        }
    }
}
