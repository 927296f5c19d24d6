using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>What the runs of one batch size took travels field by field.</summary>
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
        [Id(0)]
        public long BatchSize;

        [Id(1)]
        public DurationStatistic ComputeInput;

        [Id(2)]
        public DurationStatistic ComputeInfer;

        [Id(3)]
        public DurationStatistic ComputeOutput;
    }
}
