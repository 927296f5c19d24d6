using System.Text.Json.Nodes;
using Krewe.Abstractions.Errors;

namespace Krewe.Silo.Admin;

/// <summary>
/// Keeps the two ports apart: operators find the Dashboard, the metrics and the health there, and nothing else; the API's callers
/// find no Dashboard. Where there is a password, everything of the operators' but the health needs it.
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
                ["error"] = $"there is nothing at '{ErrorText.Quote(path)}' on the port for operators: "
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

    /// <summary>The envelope around it gives the answer its body.</summary>
    private static Task Refuse(HttpContext context, int status)
    {
        context.SetEndpoint(null);
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
