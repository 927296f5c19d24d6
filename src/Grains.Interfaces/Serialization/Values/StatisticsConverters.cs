using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Metrics;
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

/// <summary>Encodes a sample's labels as alternating names and values.</summary>
[RegisterConverter]
internal sealed class MetricSampleConverter : IConverter<MetricSample, MetricSampleConverter.Surrogate>
{
    public MetricSample ConvertFromSurrogate(in Surrogate surrogate) =>
        new([.. surrogate.Labels.Chunk(2).Select(pair => KeyValuePair.Create(pair[0], pair[1]))], surrogate.Value, surrogate.Suffix);

    public Surrogate ConvertToSurrogate(in MetricSample value) =>
        new() { Labels = [.. value.Labels.SelectMany(label => (string[])[label.Key, label.Value])], Value = value.Value,
            Suffix = value.Suffix };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public string[] Labels;
        [Id(1)] public double Value;
        [Id(2)] public string Suffix;
    }
}

/// <summary>Encodes a metric's kind as a stable number and its samples as an array.</summary>
[RegisterConverter]
internal sealed class MetricFamilyConverter : IConverter<MetricFamily, MetricFamilyConverter.Surrogate>
{
    public MetricFamily ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Name, surrogate.Help, (MetricKind)surrogate.Kind, surrogate.Samples);

    public Surrogate ConvertToSurrogate(in MetricFamily value) =>
        new() { Name = value.Name, Help = value.Help, Kind = (int)value.Kind, Samples = [.. value.Samples] };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public string Name;
        [Id(1)] public string Help;
        [Id(2)] public int Kind;
        [Id(3)] public MetricSample[] Samples;
    }
}
