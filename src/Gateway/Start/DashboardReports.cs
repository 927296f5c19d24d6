using Orleans.Configuration;
using Orleans.Dashboard;

namespace Krewe.Gateway.Start;

/// <summary>
/// Answers the Dashboard's requests for statistics, which it sends to every member; a gateway without the handler would log an error for
/// each.
/// </summary>
internal static class DashboardReports
{
    /// <summary>Adds the handler without the Dashboard and its grains, which stay on the silos.</summary>
    public static ISiloBuilder AddDashboardReports(this ISiloBuilder silo)
    {
        var dashboard = typeof(DashboardOptions).Assembly;
        return silo
            .AddDashboard(static options => options.HideTrace = true)
            .Configure<GrainTypeOptions>(types => types.Classes.RemoveWhere(type => type.Assembly == dashboard));
    }
}
