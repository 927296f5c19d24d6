using Krewe.Abstractions.Hosting;

namespace Krewe.Abstractions.Metrics;

/// <summary>
/// Overrides the metrics of the process: if any source is registered, its metrics replace those of
/// <see cref="IModelHost.GetMetricsAsync"/>.
/// </summary>
public interface IMetricSource
{
    /// <summary>Reads the current values.</summary>
    ValueTask<IReadOnlyList<MetricFamily>> ReadAsync(CancellationToken cancellationToken);
}
