using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Grains.Interfaces.Serialization.Values;

/// <summary>Encodes a count and its total duration as two numbers.</summary>
[RegisterConverter]
internal sealed class DurationStatisticConverter : IConverter<DurationStatistic, DurationStatisticConverter.Surrogate>
{
    public DurationStatistic ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Count, surrogate.TotalNanoseconds);

    public Surrogate ConvertToSurrogate(in DurationStatistic value) =>
        new() { Count = value.Count, TotalNanoseconds = value.TotalNanoseconds };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public long Count;
        [Id(1)] public long TotalNanoseconds;
    }
}

/// <summary>Encodes the durations of one batch size field by field.</summary>
[RegisterConverter]
internal sealed class BatchStatisticConverter : IConverter<BatchStatistic, BatchStatisticConverter.Surrogate>
{
    public BatchStatistic ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.BatchSize, surrogate.ComputeInput, surrogate.ComputeInfer, surrogate.ComputeOutput);

    public Surrogate ConvertToSurrogate(in BatchStatistic value) =>
        new()
        {
            BatchSize = value.BatchSize,
            ComputeInput = value.ComputeInput,
            ComputeInfer = value.ComputeInfer,
            ComputeOutput = value.ComputeOutput,
        };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public long BatchSize;
        [Id(1)] public DurationStatistic ComputeInput;
        [Id(2)] public DurationStatistic ComputeInfer;
        [Id(3)] public DurationStatistic ComputeOutput;
    }
}

/// <summary>Encodes a version's counters field by field.</summary>
[RegisterConverter]
internal sealed class ModelStatisticsConverter : IConverter<ModelStatistics, ModelStatisticsConverter.Surrogate>
{
    public ModelStatistics ConvertFromSurrogate(in Surrogate surrogate) =>
        new()
        {
            Model = surrogate.Model,
            LastInference = surrogate.LastInference,
            InferenceCount = surrogate.InferenceCount,
            ExecutionCount = surrogate.ExecutionCount,
            Success = surrogate.Success,
            Fail = surrogate.Fail,
            Queue = surrogate.Queue,
            ComputeInput = surrogate.ComputeInput,
            ComputeInfer = surrogate.ComputeInfer,
            ComputeOutput = surrogate.ComputeOutput,
            Batches = surrogate.Batches,
            MemoryBytes = surrogate.MemoryBytes,
        };

    public Surrogate ConvertToSurrogate(in ModelStatistics value) =>
        new()
        {
            Model = value.Model,
            LastInference = value.LastInference,
            InferenceCount = value.InferenceCount,
            ExecutionCount = value.ExecutionCount,
            Success = value.Success,
            Fail = value.Fail,
            Queue = value.Queue,
            ComputeInput = value.ComputeInput,
            ComputeInfer = value.ComputeInfer,
            ComputeOutput = value.ComputeOutput,
            Batches = value.Batches,
            MemoryBytes = value.MemoryBytes,
        };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public ModelId Model;
        [Id(1)] public DateTimeOffset? LastInference;
        [Id(2)] public long InferenceCount;
        [Id(3)] public long ExecutionCount;
        [Id(4)] public DurationStatistic Success;
        [Id(5)] public DurationStatistic Fail;
        [Id(6)] public DurationStatistic Queue;
        [Id(7)] public DurationStatistic ComputeInput;
        [Id(8)] public DurationStatistic ComputeInfer;
        [Id(9)] public DurationStatistic ComputeOutput;
        [Id(10)] public ImmutableArray<BatchStatistic> Batches;
        [Id(11)] public long MemoryBytes;
    }
}
