using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Grains.Interfaces.Nodes;

/// <summary>What the reader of a report has already.</summary>
[GenerateSerializer, Immutable, Alias("krewe.node-known")]
public readonly record struct NodeReportRequest([property: Id(0)] long CatalogSequence, [property: Id(1)] long ResidentSequence);

/// <summary>One silo at one moment.</summary>
[GenerateSerializer, Immutable, Alias("krewe.node-report")]
public sealed record NodeReport
{
    /// <summary>The silo's address with its generation, parsable.</summary>
    [Id(0)] public required string Silo { get; init; }

    /// <summary>The silo's name, for people.</summary>
    [Id(1)] public required string Name { get; init; }

    /// <summary>True once it takes no new replicas.</summary>
    [Id(2)] public required bool IsDraining { get; init; }

    /// <summary>What its sessions may hold, in bytes.</summary>
    [Id(3)] public required long BudgetBytes { get; init; }

    /// <summary>What its sessions and loads under way hold, in bytes.</summary>
    [Id(4)] public required long UsedBytes { get; init; }

    /// <summary>Requests that wait in its queues.</summary>
    [Id(5)] public required int QueueDepth { get; init; }

    /// <summary>The execution providers it can run on, the processor among them.</summary>
    [Id(6)] public required ImmutableArray<ExecutionProvider> Providers { get; init; }

    /// <summary>What its operator says of it.</summary>
    [Id(7)] public required ImmutableDictionary<string, string> Labels { get; init; }

    /// <summary>Grows when the repository changes.</summary>
    [Id(8)] public required long CatalogSequence { get; init; }

    /// <summary>What its repository holds; default (no array) where the reader has it already.</summary>
    [Id(9)] public ImmutableArray<CatalogEntry> Catalog { get; init; }

    /// <summary>Grows when sessions or replicas come and go.</summary>
    [Id(10)] public required long ResidentSequence { get; init; }

    /// <summary>Versions in memory; default (no array) where the reader has it already.</summary>
    [Id(11)] public ImmutableArray<ModelId> Sessions { get; init; }

    /// <summary>Replicas that live here; default (no array) where the reader has it already.</summary>
    [Id(12)] public ImmutableArray<ReplicaId> Replicas { get; init; }

    /// <summary>Why it cannot serve at present; empty where it can.</summary>
    [Id(13)] public required string NotReady { get; init; }

    /// <summary>
    /// Why the catalog may lack models that its folder had at the start; empty once it has them. It serves the others meanwhile.
    /// </summary>
    [Id(14)] public string Settling { get; init; } = "";
}
