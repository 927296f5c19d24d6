using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;

namespace Krewe.Client.Control;

/// <summary>Adds up the counters of several silos.</summary>
internal static class StatisticsSum
{
    /// <summary>One entry per version, ordered by name and number.</summary>
    public static IReadOnlyList<ModelStatistics> Of(IEnumerable<ModelStatistics> statistics) =>
        [.. statistics.GroupBy(one => one.Model).OrderBy(group => group.Key).Select(group => group.Aggregate(Add))];

    private static ModelStatistics Add(ModelStatistics one, ModelStatistics other) => new()
    {
        Model = one.Model,
        LastInference = Later(one.LastInference, other.LastInference),
        InferenceCount = one.InferenceCount + other.InferenceCount,
        ExecutionCount = one.ExecutionCount + other.ExecutionCount,
        Success = Add(one.Success, other.Success),
        Fail = Add(one.Fail, other.Fail),
        Queue = Add(one.Queue, other.Queue),
        ComputeInput = Add(one.ComputeInput, other.ComputeInput),
        ComputeInfer = Add(one.ComputeInfer, other.ComputeInfer),
        ComputeOutput = Add(one.ComputeOutput, other.ComputeOutput),
        Batches = Add(one.Batches, other.Batches),
        MemoryBytes = one.MemoryBytes + other.MemoryBytes,
    };

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null || other > one ? other : one;

    private static DurationStatistic Add(DurationStatistic one, DurationStatistic other) =>
        new(one.Count + other.Count, one.TotalNanoseconds + other.TotalNanoseconds);

    private static ImmutableArray<BatchStatistic> Add(ImmutableArray<BatchStatistic> one, ImmutableArray<BatchStatistic> other) =>
    [
        .. one.Concat(other).GroupBy(batch => batch.BatchSize).OrderBy(group => group.Key).Select(group => group.Aggregate(static (a, b) =>
            new BatchStatistic(
                a.BatchSize, Add(a.ComputeInput, b.ComputeInput), Add(a.ComputeInfer, b.ComputeInfer), Add(
                    a.ComputeOutput, b.ComputeOutput)))),
    ];
}
