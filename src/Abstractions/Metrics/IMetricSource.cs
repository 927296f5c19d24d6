using Krewe.Abstractions.Hosting;

namespace Krewe.Abstractions.Metrics;

/// <summary>
/// Metrics of a process, where those of its <see cref="IModelHost"/> would not do: where any are registered, they are shown in place
/// of <see cref="IModelHost.GetMetricsAsync"/>.
/// </summary>
public interface IMetricSource
{
    /// <summary>A reading.</summary>
    ValueTask<IReadOnlyList<MetricFamily>> ReadAsync(CancellationToken cancellationToken);
}
