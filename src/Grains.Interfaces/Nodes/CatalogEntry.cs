using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Versions;

namespace Krewe.Grains.Interfaces.Nodes;

/// <summary>One version in a silo's repository, as placement and routing need it.</summary>
[GenerateSerializer, Immutable, Alias("krewe.catalog-entry")]
public sealed record CatalogEntry
{
    /// <summary>The model.</summary>
    [Id(0)] public required ModelName Name { get; init; }

    /// <summary>The version; null for a model without a servable version.</summary>
    [Id(1)] public required ModelVersion? Version { get; init; }

    /// <summary>The estimated memory of a load, in bytes.</summary>
    [Id(2)] public long EstimatedBytes { get; init; }

    /// <summary>The execution provider it requires; null for any.</summary>
    [Id(3)] public ExecutionProvider? RequiredProvider { get; init; }

    /// <summary>The execution provider it prefers; null for none.</summary>
    [Id(4)] public ExecutionProvider? PreferredProvider { get; init; }

    /// <summary>The configured range of replicas.</summary>
    [Id(5)] public ReplicaRange Replicas { get; init; }

    /// <summary>Why it cannot serve: invalid artifact, or failed load on this silo; empty if it can.</summary>
    [Id(6)] public string Error { get; init; } = "";

    /// <summary>A fingerprint of the files by size and time; should be equal on every silo.</summary>
    [Id(7)] public string Artifact { get; init; } = "";
}
