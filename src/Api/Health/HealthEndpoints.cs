using Krewe.Abstractions;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api;

/// <summary>Liveness and readiness of the process. The status decides; the body is for people.</summary>
internal sealed class HealthEndpoints(IModelHost host, StopSignal stop)
{
    public void Map(RouteTable routes)
    {
        routes.Get("/v2/health/live", LiveAsync);
        routes.Get("/v2/health/ready", ReadyAsync);
    }

    private static Task LiveAsync(HttpContext context) => JsonAnswer.WriteAsync(context, true, static (json, live) =>
    {
        json.WriteStartObject();
        json.WriteBoolean("live", live);
        json.WriteEndObject();
    });

    private async Task ReadyAsync(HttpContext context)
    {
        var readiness = stop.IsStopping
            ? HostReadiness.NotReady("stopping")
            : await host.GetReadinessAsync(context.RequestAborted);
        var status = readiness.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await JsonAnswer.WriteAsync(context, status, readiness, static (json, readiness) =>
        {
            json.WriteStartObject();
            json.WriteBoolean("ready", readiness.IsReady);
            if (!readiness.IsReady)
            {
                json.WriteString("error", readiness.Reason);
            }

            json.WriteEndObject();
        });
    }
}
