using Krewe.Abstractions;
using Krewe.Grains;
using Krewe.Rollouts;
using Krewe.Serving;

namespace Krewe.Silo;

/// <summary>The metrics of the models in this process, and of the calls that it routes where it does: each process is asked for its own.</summary>
internal sealed class LocalMetrics(IServingNode node, RollbackCounters rollbacks, IServiceProvider services) : IMetricSource
{
    public async ValueTask<IReadOnlyList<MetricFamily>> ReadAsync(CancellationToken cancellationToken) =>
    [
        .. await node.Host.GetMetricsAsync(cancellationToken),
        rollbacks.Read(),
        .. services.GetService<RouteMeter>()?.Read() ?? [],
    ];
}
