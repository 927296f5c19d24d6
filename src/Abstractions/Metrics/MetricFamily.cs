namespace Krewe.Abstractions.Metrics;

/// <summary>
/// A metric with its samples. Names follow Prometheus (base units, counters end in <c>_total</c>), except Triton's own names.
/// </summary>
public sealed record MetricFamily(string Name, string Help, MetricKind Kind, IReadOnlyList<MetricSample> Samples);

/// <summary>The type of a metric.</summary>
public enum MetricKind
{
    /// <summary>Only increases.</summary>
    Counter,

    /// <summary>Increases and decreases.</summary>
    Gauge,

    /// <summary>Counts by bucket; see <see cref="MetricSample.Suffix"/>.</summary>
    Histogram,
}

/// <summary>One sample. <see cref="Suffix"/> is empty, or for histograms <c>_bucket</c>, <c>_sum</c> or <c>_count</c>.</summary>
public readonly record struct MetricSample(IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, string Suffix = "");
