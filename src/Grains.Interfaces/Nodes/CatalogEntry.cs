using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Versions;

namespace Krewe.Grains.Interfaces.Nodes;

/// <summary>One version in a silo's repository, as far as placement and routing need to know it.</summary>
[GenerateSerializer, Immutable, Alias("krewe.catalog-entry")]
public sealed record CatalogEntry
{
    /// <summary>The model.</summary>
    [Id(0)] public required ModelName Name { get; init; }

    /// <summary>The version; null for a model that has none that can be served.</summary>
    [Id(1)] public required ModelVersion? Version { get; init; }

    /// <summary>What a load is expected to need, in bytes.</summary>
    [Id(2)] public long EstimatedBytes { get; init; }

    /// <summary>The execution provider without which it must not be loaded; null where any will do.</summary>
    [Id(3)] public ExecutionProvider? RequiredProvider { get; init; }

    /// <summary>The execution provider it is better off with; null for none.</summary>
    [Id(4)] public ExecutionProvider? PreferredProvider { get; init; }

    /// <summary>How many replicas its settings want and allow.</summary>
    [Id(5)] public ReplicaRange Replicas { get; init; }

    /// <summary>Why it cannot serve: its artifact is wrong, or its last load here failed; empty where it can.</summary>
    [Id(6)] public string Error { get; init; } = "";

    /// <summary>What the files are by size and time; the same version should be the same on every silo.</summary>
    [Id(7)] public string Artifact { get; init; } = "";
}
