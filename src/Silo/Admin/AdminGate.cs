using System.Text.Json.Nodes;
using Krewe.Abstractions.Errors;

namespace Krewe.Silo.Admin;

/// <summary>
/// Separates the two ports: the admin port serves only the Dashboard, the metrics and the health checks; the API port serves no
/// Dashboard. If there is a password, everything on the admin port but the health checks requires it.
/// </summary>
internal sealed class AdminGate(RequestDelegate next, AdminPassword? password = null)
{
    public const string Dashboard = "/dashboard";
    private const string Metrics = "/metrics";
    private const string Health = "/v2/health";

    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        var isForOperators = path.StartsWithSegments(Dashboard) || path.StartsWithSegments(Metrics);
        if (!AdminConnection.Is(context))
        {
            return path.StartsWithSegments(Dashboard) ? Refuse(context, StatusCodes.Status404NotFound) : next(context);
        }

        if (path.StartsWithSegments(Health))
        {
            return next(context);
        }

        if (path == "/")
        {
            context.Response.Redirect(Dashboard + "/");
            return Task.CompletedTask;
        }

        if (!isForOperators)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return context.Response.WriteAsJsonAsync(new JsonObject
            {
                ["error"] = $"nothing is at '{ErrorText.Quote(path)}' on the admin port: "
                    + $"it has {Dashboard}, {Metrics}, {Health}/live and {Health}/ready",
            });
        }

        if (password is not null && !password.Accepts(context.Request.Headers.Authorization))
        {
            context.Response.Headers.WWWAuthenticate = AdminPassword.Challenge;
            return Refuse(context, StatusCodes.Status401Unauthorized);
        }

        return next(context);
    }

    /// <summary>The middleware around this one adds the body.</summary>
    private static Task Refuse(HttpContext context, int status)
    {
        context.SetEndpoint(null);
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
