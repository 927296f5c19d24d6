using Krewe.Abstractions.Metrics;

namespace Krewe.Client.Control;

/// <summary>Makes one reading of those of several silos.</summary>
internal static class MetricMerge
{
    /// <summary>Each family once, its samples marked with the silo they are of.</summary>
    public static IEnumerable<MetricFamily> Merge(IEnumerable<(string Silo, IReadOnlyList<MetricFamily> Families)> readings) =>
        readings.SelectMany(reading => reading.Families.Select(family => (reading.Silo, Family: family)))
            .GroupBy(pair => pair.Family.Name, StringComparer.Ordinal)
            .Select(group => group.First().Family with { Samples = [.. group.SelectMany(pair => Mark(pair.Family, pair.Silo))] });

    private static IEnumerable<MetricSample> Mark(MetricFamily family, string silo) =>
        family.Samples.Select(sample => sample with { Labels = [.. sample.Labels, new("silo", silo)] });
}
