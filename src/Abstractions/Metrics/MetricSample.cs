namespace Krewe.Abstractions;

/// <summary>
/// One reading. <see cref="Suffix"/> is empty, or for histograms <c>_bucket</c>, <c>_sum</c> or <c>_count</c>.
/// </summary>
public readonly record struct MetricSample(IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, string Suffix = "");
