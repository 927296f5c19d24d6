using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>Settings travel with execution providers as stable numbers.</summary>
[RegisterConverter]
internal sealed class ModelConfigurationConverter : IConverter<ModelConfiguration, ModelConfigurationConverter.Surrogate>
{
    public ModelConfiguration ConvertFromSurrogate(in Surrogate surrogate) =>
        new()
        {
            Model = surrogate.Model,
            Inputs = surrogate.Inputs,
            Outputs = surrogate.Outputs,
            MaxBatchSize = surrogate.MaxBatchSize,
            MaxQueueDelay = surrogate.MaxQueueDelay,
            MaxQueueLength = surrogate.MaxQueueLength,
            VersionPolicy = surrogate.VersionPolicy,
            SpecificVersions = surrogate.SpecificVersions,
            LatestVersions = surrogate.LatestVersions,
            ExecutionProvider = (ExecutionProvider?)surrogate.ExecutionProvider,
            ExecutionProviderRequired = surrogate.ExecutionProviderRequired,
            ActiveExecutionProvider = (ExecutionProvider?)surrogate.ActiveExecutionProvider,
            IdleTime = surrogate.IdleTime,
            WarmUp = surrogate.WarmUp,
            Threads = surrogate.Threads,
            BatchingDisabledReason = surrogate.BatchingDisabledReason,
        };

    public Surrogate ConvertToSurrogate(in ModelConfiguration value) =>
        new()
        {
            Model = value.Model,
            Inputs = value.Inputs,
            Outputs = value.Outputs,
            MaxBatchSize = value.MaxBatchSize,
            MaxQueueDelay = value.MaxQueueDelay,
            MaxQueueLength = value.MaxQueueLength,
            VersionPolicy = value.VersionPolicy,
            SpecificVersions = value.SpecificVersions,
            LatestVersions = value.LatestVersions,
            ExecutionProvider = (int?)value.ExecutionProvider,
            ExecutionProviderRequired = value.ExecutionProviderRequired,
            ActiveExecutionProvider = (int?)value.ActiveExecutionProvider,
            IdleTime = value.IdleTime,
            WarmUp = value.WarmUp,
            Threads = value.Threads,
            BatchingDisabledReason = value.BatchingDisabledReason,
        };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public ModelId Model;

        [Id(1)]
        public ImmutableArray<TensorSpec> Inputs;

        [Id(2)]
        public ImmutableArray<TensorSpec> Outputs;

        [Id(3)]
        public int MaxBatchSize;

        [Id(4)]
        public TimeSpan MaxQueueDelay;

        [Id(5)]
        public int MaxQueueLength;

        [Id(6)]
        public string VersionPolicy;

        [Id(7)]
        public ImmutableArray<long> SpecificVersions;

        [Id(8)]
        public int? LatestVersions;

        [Id(9)]
        public int? ExecutionProvider;

        [Id(10)]
        public bool ExecutionProviderRequired;

        [Id(11)]
        public int? ActiveExecutionProvider;

        [Id(12)]
        public TimeSpan? IdleTime;

        [Id(13)]
        public bool WarmUp;

        [Id(14)]
        public int Threads;

        [Id(15)]
        public string? BatchingDisabledReason;
    }
}
