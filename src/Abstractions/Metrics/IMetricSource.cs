namespace Krewe.Abstractions;

/// <summary>More metrics of a process, beside <see cref="IModelHost.GetMetricsAsync"/>. Any number may be registered.</summary>
public interface IMetricSource
{
    /// <summary>A reading.</summary>
    ValueTask<IReadOnlyList<MetricFamily>> ReadAsync(CancellationToken cancellationToken);
}
