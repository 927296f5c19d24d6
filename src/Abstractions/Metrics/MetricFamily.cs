namespace Krewe.Abstractions;

/// <summary>A metric and its readings. Names follow Prometheus: base units, counters end in <c>_total</c> but for Triton's own names.</summary>
public sealed record MetricFamily(string Name, string Help, MetricKind Kind, IReadOnlyList<MetricSample> Samples);
