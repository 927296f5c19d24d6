using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Grains.Interfaces.Serialization.Values;

/// <summary>A version of a repository travels field by field.</summary>
[RegisterConverter]
internal sealed class CatalogEntryConverter : IConverter<CatalogEntry, CatalogEntryConverter.Surrogate>
{
    public CatalogEntry ConvertFromSurrogate(in Surrogate sent) => new()
    {
        Name = sent.Name, Version = sent.Version, EstimatedBytes = sent.EstimatedBytes, RequiredProvider = sent.RequiredProvider,
        PreferredProvider = sent.PreferredProvider, Replicas = sent.Replicas, Error = sent.Error ?? "", Artifact = sent.Artifact ?? "",
    };

    public Surrogate ConvertToSurrogate(in CatalogEntry value) => new()
    {
        Name = value.Name, Version = value.Version, EstimatedBytes = value.EstimatedBytes, RequiredProvider = value.RequiredProvider,
        PreferredProvider = value.PreferredProvider, Replicas = value.Replicas, Error = value.Error, Artifact = value.Artifact,
    };

    // A record struct: the engine encodes records with a marker that structs lack, and these were records when they were first sent.
    [GenerateSerializer]
    internal record struct Surrogate
    {
        [Id(0)] public ModelName Name;
        [Id(1)] public ModelVersion? Version;
        [Id(2)] public long EstimatedBytes;
        [Id(3)] public ExecutionProvider? RequiredProvider;
        [Id(4)] public ExecutionProvider? PreferredProvider;
        [Id(5)] public ReplicaRange Replicas;
        [Id(6)] public string? Error;
        [Id(7)] public string? Artifact;
    }
}

/// <summary>A number of replicas travels as two numbers.</summary>
[RegisterConverter]
internal sealed class ReplicaRangeConverter : IConverter<ReplicaRange, ReplicaRangeConverter.Surrogate>
{
    public ReplicaRange ConvertFromSurrogate(in Surrogate sent) => new(sent.Min, sent.Max);

    public Surrogate ConvertToSurrogate(in ReplicaRange value) => new() { Min = value.Min, Max = value.Max };

    [GenerateSerializer]
    internal record struct Surrogate
    {
        [Id(0)] public int Min;
        [Id(1)] public int Max;
    }
}
