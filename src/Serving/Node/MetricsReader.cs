using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Metrics;
using Krewe.Serving.Execution;
using Krewe.Serving.Memory;
using Krewe.Serving.Statistics;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Node;

/// <summary>Reads all counters.</summary>
internal sealed class MetricsReader(
    ServedModels models, ServingCounters counters, MemoryBudget budget, ProcessMemory memory, RunnerThreads runners, LoadThreads loaders)
{
    public static IReadOnlyList<ModelStatistics> ReadStatistics(IEnumerable<ServedVersion> versions) =>
        [.. versions.OrderBy(version => version.Id).Select(Read)];

    public IReadOnlyList<MetricFamily> ReadMetrics()
    {
        var versions = models.AllVersions.Where(version => version.Statistics.IsUsed || version.Loaded is not null)
            .OrderBy(version => version.Id)
            .Select(version => new VersionReading(Read(version), version.Loaded?.Queue.Length ?? 0, version.Statistics.Rejections))
            .ToArray();
        return [.. ServingMetrics.OfVersions(versions), .. ServingMetrics.OfProcess(counters, budget, memory, runners, loaders)];
    }

    private static ModelStatistics Read(ServedVersion version) => version.Statistics.Read(version.Id, version.Loaded?.MemoryBytes ?? 0);
}
