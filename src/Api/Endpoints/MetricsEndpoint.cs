using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Telemetry;
using Krewe.Api.Http;
using Krewe.Telemetry;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Endpoints;

/// <summary>
/// <c>GET /metrics</c>: this process's metrics in the Prometheus text format. A gateway scrapes the silos too, itself included if it is
/// one.
/// </summary>
internal sealed class MetricsEndpoint(PrometheusExporter metrics, ISiloMetrics? silos)
{
    public void Map(RouteTable routes) => routes.Get("/metrics", AnswerAsync);

    private async Task AnswerAsync(HttpContext context)
    {
        var others = silos is null ? "" : await silos.ReadAsync(context.RequestAborted);
        context.Response.ContentType = PrometheusExporter.ContentType;
        PageHeaders.DenySniffing(context.Response);
        await metrics.WriteAsync(
            context.Response.Body, meter => silos is null || meter != KreweTelemetry.SiloMeter, context.RequestAborted);
        await context.Response.WriteAsync(others, context.RequestAborted);
    }
}
