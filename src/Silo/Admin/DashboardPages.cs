using Orleans.Dashboard;

namespace Krewe.Silo.Admin;

/// <summary>
/// The Dashboard's pages and what they ask for, made when somebody first looks: they are 17 MB, which the Dashboard compresses and keeps,
/// half a second and 50 MB that a process nobody looks at does not spend.
/// </summary>
internal static class DashboardPages
{
    public static void MapDashboardPages(this WebApplication app)
    {
        var pages = new Lazy<RequestDelegate>(() => Build(app));
        app.Map(AdminGate.Dashboard + "/{**path}", context =>
        {
            // They have routes of their own.
            context.SetEndpoint(null);
            context.Request.RouteValues = [];
            return pages.Value(context);
        });
    }

    private static RequestDelegate Build(IApplicationBuilder app)
    {
        var branch = app.New();
        branch.UseRouting();
        branch.UseEndpoints(static endpoints => endpoints.MapOrleansDashboard(AdminGate.Dashboard));
        return branch.Build();
    }
}
