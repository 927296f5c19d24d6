namespace Krewe.Abstractions.Metrics;

/// <summary>
/// A metric and its readings. Names follow Prometheus: base units, counters end in <c>_total</c> but for Triton's own names.
/// </summary>
public sealed record MetricFamily(string Name, string Help, MetricKind Kind, IReadOnlyList<MetricSample> Samples);

/// <summary>How a metric behaves.</summary>
public enum MetricKind
{
    /// <summary>Only ever grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Counts by bucket; see <see cref="MetricSample.Suffix"/>.</summary>
    Histogram,
}

/// <summary>
/// One reading. <see cref="Suffix"/> is empty, or for histograms <c>_bucket</c>, <c>_sum</c> or <c>_count</c>.
/// </summary>
public readonly record struct MetricSample(IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, string Suffix = "");
