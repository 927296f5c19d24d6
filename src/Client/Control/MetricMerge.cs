using Krewe.Abstractions.Metrics;

namespace Krewe.Client.Control;

/// <summary>Merges the metrics of several silos.</summary>
internal static class MetricMerge
{
    /// <summary>One family per name, its samples labelled with their silo.</summary>
    public static IEnumerable<MetricFamily> Merge(IEnumerable<(string Silo, IReadOnlyList<MetricFamily> Families)> readings) =>
        readings.SelectMany(reading => reading.Families.Select(family => (reading.Silo, Family: family)))
            .GroupBy(pair => pair.Family.Name, StringComparer.Ordinal)
            .Select(group => group.First().Family with { Samples = [.. group.SelectMany(pair => Mark(pair.Family, pair.Silo))] });

    private static IEnumerable<MetricSample> Mark(MetricFamily family, string silo) =>
        family.Samples.Select(sample => sample with { Labels = [.. sample.Labels, new("silo", silo)] });
}
