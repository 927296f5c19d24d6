using Krewe.Api.Endpoints;
using Krewe.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Health;

/// <summary>Health checks: liveness and readiness. The status code decides; the body is informational.</summary>
internal sealed class HealthEndpoints(ServerReadiness server)
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
        var readiness = await server.DecideAsync(context.RequestAborted);
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
