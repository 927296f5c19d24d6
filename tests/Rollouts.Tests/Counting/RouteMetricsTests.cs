using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Tests.Counting;

public sealed class RouteMetricsTests
{
    [Fact]
    public void A_thousand_versions_have_series_and_all_others_share_some()
    {
        using var measured = new Measured();
        var metrics = new RouteMetrics(measured);
        for (var version = 1; version <= RouteMetrics.MaxVersions + 200; version++)
        {
            var id = new ModelId(ModelName.Parse("m"), new ModelVersion(version));
            metrics.Of(id, TrafficRole.Serving).AddSuccess(TimeSpan.FromMilliseconds(1));
            metrics.Of(id, TrafficRole.Serving).AddError(TimeSpan.FromMilliseconds(1));
            metrics.AddSkipped(id);
        }

        var requests = measured.Read("krewe_route_duration_seconds");
        Assert.Equal(2 * (RouteMetrics.MaxVersions + 1), requests.Count);
        Assert.Equal((1.0, 200.0, 200.0), (requests["m,1,serving,success"], requests[$"{RouteMetrics.Others},,serving,success"], requests[$"{RouteMetrics.Others},,serving,error"]));
        var skipped = measured.Read("krewe_shadow_skipped_total");
        Assert.Equal((RouteMetrics.MaxVersions + 1, 200.0), (skipped.Count, skipped[$"{RouteMetrics.Others},"]));
    }
}
