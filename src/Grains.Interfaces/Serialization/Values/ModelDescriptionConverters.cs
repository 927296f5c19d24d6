using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Grains.Interfaces.Serialization.Values;

/// <summary>Encodes a tensor type as a stable number.</summary>
[RegisterConverter]
internal sealed class TensorSpecConverter : IConverter<TensorSpec, TensorSpecConverter.Surrogate>
{
    public TensorSpec ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Name, (TensorType)surrogate.Type, surrogate.Shape) { AnyRank = surrogate.AnyRank };

    public Surrogate ConvertToSurrogate(in TensorSpec value) =>
        new() { Name = value.Name, Type = (byte)value.Type, Shape = value.Shape, AnyRank = value.AnyRank };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public string Name;
        [Id(1)] public byte Type;
        [Id(2)] public ImmutableArray<long> Shape;
        [Id(3)] public bool AnyRank;
    }
}

/// <summary>Encodes a version's signature field by field.</summary>
[RegisterConverter]
internal sealed class ModelMetadataConverter : IConverter<ModelMetadata, ModelMetadataConverter.Surrogate>
{
    public ModelMetadata ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Model, surrogate.Versions, surrogate.Platform, surrogate.Inputs, surrogate.Outputs);

    public Surrogate ConvertToSurrogate(in ModelMetadata value) =>
        new()
        {
            Model = value.Model,
            Versions = value.Versions,
            Platform = value.Platform,
            Inputs = value.Inputs,
            Outputs = value.Outputs,
        };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public ModelId Model;
        [Id(1)] public ImmutableArray<ModelVersion> Versions;
        [Id(2)] public string Platform;
        [Id(3)] public ImmutableArray<TensorSpec> Inputs;
        [Id(4)] public ImmutableArray<TensorSpec> Outputs;
    }
}

/// <summary>Encodes execution providers as stable numbers.</summary>
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
            RunTimeout = surrogate.RunTimeout,
            IsIsolated = surrogate.IsIsolated,
            IsolationReason = surrogate.IsolationReason,
            LastCrash = surrogate.LastCrash,
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
            RunTimeout = value.RunTimeout,
            IsIsolated = value.IsIsolated,
            IsolationReason = value.IsolationReason,
            LastCrash = value.LastCrash,
            WarmUp = value.WarmUp,
            Threads = value.Threads,
            BatchingDisabledReason = value.BatchingDisabledReason,
        };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public ModelId Model;
        [Id(1)] public ImmutableArray<TensorSpec> Inputs;
        [Id(2)] public ImmutableArray<TensorSpec> Outputs;
        [Id(3)] public int MaxBatchSize;
        [Id(4)] public TimeSpan MaxQueueDelay;
        [Id(5)] public int MaxQueueLength;
        [Id(6)] public string VersionPolicy;
        [Id(7)] public ImmutableArray<long> SpecificVersions;
        [Id(8)] public int? LatestVersions;
        [Id(9)] public int? ExecutionProvider;
        [Id(10)] public bool ExecutionProviderRequired;
        [Id(11)] public int? ActiveExecutionProvider;
        [Id(12)] public TimeSpan? IdleTime;
        [Id(13)] public bool WarmUp;
        [Id(14)] public int Threads;
        [Id(15)] public string? BatchingDisabledReason;
        [Id(16)] public TimeSpan? RunTimeout;
        [Id(17)] public bool IsIsolated;
        [Id(18)] public string? IsolationReason;
        [Id(19)] public string? LastCrash;
    }
}

/// <summary>Encodes a version's state as a stable number.</summary>
[RegisterConverter]
internal sealed class ModelVersionStatusConverter : IConverter<ModelVersionStatus, ModelVersionStatusConverter.Surrogate>
{
    public ModelVersionStatus ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Name, surrogate.Version, (VersionState)surrogate.State, surrogate.Reason);

    public Surrogate ConvertToSurrogate(in ModelVersionStatus value) =>
        new() { Name = value.Name, Version = value.Version, State = (int)value.State, Reason = value.Reason };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public ModelName Name;
        [Id(1)] public ModelVersion? Version;
        [Id(2)] public int State;
        [Id(3)] public string Reason;
    }
}
