using System.Text;
using Krewe.Api.Http;
using Orleans.Dashboard;

namespace Krewe.Silo.Admin;

/// <summary>
/// Serves the Dashboard's pages, initialized by the first request: the Dashboard compresses and caches 17 MB, which costs half a second and
/// 50 MB that a process without such a request does not spend.
/// </summary>
internal static class DashboardPages
{
    private const string GrainState = AdminGate.Dashboard + "/GrainState";
    private const string FrontPage = AdminGate.Dashboard + "/";

    /// <summary>Hides the log stream in the page's menu.</summary>
    private const string HideTrace = "window.hideTrace = true;";

    private static readonly string Policy = PageHeaders.PolicyOf(HideTrace);

    /// <summary>Replaces the Dashboard's grain state view, which would call every parameterless method of a grain.</summary>
    private const string WhereStateIs = """
        {
          "Silos, replicas, what is quarantined": "GET /v2/cluster",
          "Versions": "POST /v2/repository/index",
          "Aliases, rollouts, their history": "GET /v2/models/{model}/aliases, /rollout, /history"
        }
        """;

    public static IEndpointConventionBuilder MapDashboardPages(this WebApplication app)
    {
        var pages = new Lazy<RequestDelegate>(() => Build(app));
        return app.Map(AdminGate.Dashboard + "/{**path}", context =>
        {
            // The Dashboard has routes of its own.
            context.SetEndpoint(null);
            context.Request.RouteValues = [];
            PageHeaders.Set(context.Response, Policy);
            return context.Request.Path.Value switch
            {
                FrontPage => WriteFrontPageAsync(context, pages.Value),
                GrainState when IsOurs(context.Request.Query["grainType"]) => context.Response.WriteAsJsonAsync(WhereStateIs),
                _ => pages.Value(context),
            };
        });
    }

    private static bool IsOurs(string? grainType) => grainType?.StartsWith("Krewe.", StringComparison.Ordinal) == true;

    /// <summary>Hides the log stream in the page's menu: it is not served, and the page does not detect that.</summary>
    private static async Task WriteFrontPageAsync(HttpContext context, RequestDelegate pages)
    {
        var (request, response, body) = (context.Request, context.Response, context.Response.Body);
        request.Headers.AcceptEncoding = request.Headers.IfNoneMatch = default;
        using var page = new MemoryStream();
        response.Body = page;
        await pages(context);
        response.Body = body;
        var text = Encoding.UTF8.GetString(page.GetBuffer(), 0, (int)page.Length)
            .Replace("<head>", $"<head><script>{HideTrace}</script>", StringComparison.Ordinal);
        response.ContentLength = Encoding.UTF8.GetByteCount(text);
        response.Headers.ETag = default;
        await response.WriteAsync(text);
    }

    private static RequestDelegate Build(IApplicationBuilder app)
    {
        var branch = app.New();
        branch.UseRouting();
        branch.UseEndpoints(static endpoints => endpoints.MapOrleansDashboard(AdminGate.Dashboard));
        return branch.Build();
    }
}
