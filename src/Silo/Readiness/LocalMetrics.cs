using Krewe.Abstractions.Metrics;
using Krewe.Client.Admission;
using Krewe.Client.Control;
using Krewe.Client.Counters;
using Krewe.Client.Retrying;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Rollouts.Counting;
using Krewe.Serving.Node;

namespace Krewe.Silo.Readiness;

/// <summary>
/// The metrics of the models in this process, and of the calls that it routes where it does: each process is asked for its own.
/// </summary>
internal sealed class LocalMetrics(IServingNode node, RollbackCounter rollbacks, IClusterSnapshotSource views, IServiceProvider services)
    : IMetricSource
{
    public async ValueTask<IReadOnlyList<MetricFamily>> ReadAsync(CancellationToken cancellationToken) =>
    [
        .. await node.Host.GetMetricsAsync(cancellationToken),
        rollbacks.Read(),
        .. services.GetService<RoutingCounters>() is { } counters ? ReadRouting(counters) : [],
    ];

    private IEnumerable<MetricFamily> ReadRouting(RoutingCounters counters) =>
    [
        .. RoutingMetrics.Read(
            counters, services.GetRequiredService<RetryBudget>(), services.GetRequiredService<CallAdmission>(),
            services.GetRequiredService<TrafficBook>()),
        .. RoutingMetrics.Read(services.GetRequiredService<RouteMeter>(), views.Current),
    ];
}
