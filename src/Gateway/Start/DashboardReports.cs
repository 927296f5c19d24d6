using Orleans.Configuration;
using Orleans.Dashboard;

namespace Krewe.Gateway.Start;

/// <summary>
/// The Dashboard asks every member for its figures, gateways among them; one that did not know the question would log an error for
/// each.
/// </summary>
internal static class DashboardReports
{
    /// <summary>Answers the Dashboard; the Dashboard itself, and its grains, stay on the silos.</summary>
    public static ISiloBuilder AddDashboardReports(this ISiloBuilder silo)
    {
        var dashboard = typeof(DashboardOptions).Assembly;
        return silo
            .AddDashboard(static options => options.HideTrace = true)
            .Configure<GrainTypeOptions>(types => types.Classes.RemoveWhere(type => type.Assembly == dashboard));
    }
}
