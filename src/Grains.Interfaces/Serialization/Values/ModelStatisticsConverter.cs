using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>Counters of a version travel field by field.</summary>
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
        [Id(0)]
        public ModelId Model;

        [Id(1)]
        public DateTimeOffset? LastInference;

        [Id(2)]
        public long InferenceCount;

        [Id(3)]
        public long ExecutionCount;

        [Id(4)]
        public DurationStatistic Success;

        [Id(5)]
        public DurationStatistic Fail;

        [Id(6)]
        public DurationStatistic Queue;

        [Id(7)]
        public DurationStatistic ComputeInput;

        [Id(8)]
        public DurationStatistic ComputeInfer;

        [Id(9)]
        public DurationStatistic ComputeOutput;

        [Id(10)]
        public ImmutableArray<BatchStatistic> Batches;

        [Id(11)]
        public long MemoryBytes;
    }
}
