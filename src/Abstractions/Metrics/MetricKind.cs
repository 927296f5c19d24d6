namespace Krewe.Abstractions;

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
