using Krewe.Abstractions.Hosting;
using Krewe.Api.Endpoints;
using Krewe.Api.Http;
using Krewe.Api.Stopping;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Health;

/// <summary>Health checks: liveness and readiness. The status code decides; the body is informational.</summary>
internal sealed class HealthEndpoints(IModelHost host, IReadOnlyList<IReadinessCheck> checks, StopSignal stop)
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
        var readiness = await DecideAsync(context.RequestAborted);
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

    /// <summary>Ready, or the first reason why not.</summary>
    private async ValueTask<HostReadiness> DecideAsync(CancellationToken cancellationToken)
    {
        if (stop.IsStopping)
        {
            return HostReadiness.NotReady("stopping");
        }

        foreach (var check in checks)
        {
            if (await check.CheckAsync(cancellationToken) is { IsReady: false } objection)
            {
                return objection;
            }
        }

        return await host.GetReadinessAsync(cancellationToken);
    }
}
