using Krewe.Abstractions;
using Krewe.Serving;

namespace Krewe.Silo;

/// <summary>The metrics of the models in this process, and no others: each process is asked for its own.</summary>
internal sealed class LocalMetrics(IServingNode node) : IMetricSource
{
    public ValueTask<IReadOnlyList<MetricFamily>> ReadAsync(CancellationToken cancellationToken) => node.Host.GetMetricsAsync(cancellationToken);
}
