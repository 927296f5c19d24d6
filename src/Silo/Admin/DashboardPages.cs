using System.Text;
using Orleans.Dashboard;

namespace Krewe.Silo.Admin;

/// <summary>
/// The Dashboard's pages and what they ask for, made when somebody first looks: they are 17 MB, which the Dashboard compresses and keeps,
/// half a second and 50 MB that a process nobody looks at does not spend.
/// </summary>
internal static class DashboardPages
{
    private const string GrainState = AdminGate.Dashboard + "/GrainState";
    private const string FrontPage = AdminGate.Dashboard + "/";

    /// <summary>The Dashboard would call every method of a grain without parameters to show what it gives.</summary>
    private const string WhereStateIs = """
        {
          "Silos, replicas, what is quarantined": "GET /v2/cluster",
          "Versions": "POST /v2/repository/index",
          "Aliases, rollouts, their history": "GET /v2/models/{model}/aliases, /rollout, /history"
        }
        """;

    public static void MapDashboardPages(this WebApplication app)
    {
        var pages = new Lazy<RequestDelegate>(() => Build(app));
        app.Map(AdminGate.Dashboard + "/{**path}", context =>
        {
            // They have routes of their own.
            context.SetEndpoint(null);
            context.Request.RouteValues = [];
            return context.Request.Path.Value switch
            {
                FrontPage => WriteFrontPageAsync(context, pages.Value),
                GrainState when IsOurs(context.Request.Query["grainType"]) => context.Response.WriteAsJsonAsync(WhereStateIs),
                _ => pages.Value(context),
            };
        });
    }

    private static bool IsOurs(string? grainType) => grainType?.StartsWith("Krewe.", StringComparison.Ordinal) == true;

    /// <summary>The menu of the page leaves out the stream of the log, which is not served: nothing tells the page so.</summary>
    private static async Task WriteFrontPageAsync(HttpContext context, RequestDelegate pages)
    {
        var (request, response, body) = (context.Request, context.Response, context.Response.Body);
        request.Headers.AcceptEncoding = request.Headers.IfNoneMatch = default;
        using var page = new MemoryStream();
        response.Body = page;
        await pages(context);
        response.Body = body;
        var text = Encoding.UTF8.GetString(page.GetBuffer(), 0, (int)page.Length)
            .Replace("<head>", "<head><script>window.hideTrace = true;</script>", StringComparison.Ordinal);
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
