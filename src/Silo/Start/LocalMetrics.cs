using Krewe.Abstractions;
using Krewe.Serving;

namespace Krewe.Silo;

/// <summary>The metrics of the models in this process, beside those of the cluster's host.</summary>
internal sealed class LocalMetrics(IServingNode node) : IMetricSource
{
    public ValueTask<IReadOnlyList<MetricFamily>> ReadAsync(CancellationToken cancellationToken) => node.Host.GetMetricsAsync(cancellationToken);
}
