using Krewe.Abstractions;
using Krewe.Rollouts;
using Krewe.Serving;

namespace Krewe.Silo;

/// <summary>The metrics of the models in this process, and of the calls that it routes where it does: each process is asked for its own.</summary>
internal sealed class LocalMetrics(IServingNode node, RollbackCounter rollbacks, IServiceProvider services) : IMetricSource
{
    public async ValueTask<IReadOnlyList<MetricFamily>> ReadAsync(CancellationToken cancellationToken) =>
    [
        .. await node.Host.GetMetricsAsync(cancellationToken),
        rollbacks.Read(),
        .. services.GetService<RouteMeter>()?.Read() ?? [],
    ];
}
