using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Grains.Interfaces.Nodes;

/// <summary>The sequences that the reader of a report has already.</summary>
[GenerateSerializer, Immutable, Alias("krewe.node-known")]
public readonly record struct NodeReportRequest([property: Id(0)] long CatalogSequence, [property: Id(1)] long ResidentSequence);

/// <summary>A snapshot of one silo.</summary>
[GenerateSerializer, Immutable, Alias("krewe.node-report")]
public sealed record NodeReport
{
    /// <summary>The silo's address with its generation, parsable.</summary>
    [Id(0)] public required string Silo { get; init; }

    /// <summary>The silo's name, for display.</summary>
    [Id(1)] public required string Name { get; init; }

    /// <summary>True once it takes no new replicas.</summary>
    [Id(2)] public required bool IsDraining { get; init; }

    /// <summary>The memory budget of its sessions, in bytes.</summary>
    [Id(3)] public required long BudgetBytes { get; init; }

    /// <summary>The memory of its sessions and of loads under way, in bytes.</summary>
    [Id(4)] public required long UsedBytes { get; init; }

    /// <summary>Requests waiting in its queues.</summary>
    [Id(5)] public required int QueueDepth { get; init; }

    /// <summary>The available execution providers, including the CPU's.</summary>
    [Id(6)] public required ImmutableArray<ExecutionProvider> Providers { get; init; }

    /// <summary>Labels set by its operator.</summary>
    [Id(7)] public required ImmutableDictionary<string, string> Labels { get; init; }

    /// <summary>Grows when the repository changes.</summary>
    [Id(8)] public required long CatalogSequence { get; init; }

    /// <summary>The repository's contents; default (no array) if the reader has them already.</summary>
    [Id(9)] public ImmutableArray<CatalogEntry> Catalog { get; init; }

    /// <summary>Grows when a session or replica is added or removed.</summary>
    [Id(10)] public required long ResidentSequence { get; init; }

    /// <summary>Versions in memory; default (no array) if the reader has them already.</summary>
    [Id(11)] public ImmutableArray<ModelId> Sessions { get; init; }

    /// <summary>Replicas on this silo; default (no array) if the reader has them already.</summary>
    [Id(12)] public ImmutableArray<ReplicaId> Replicas { get; init; }

    /// <summary>Why it cannot serve at present; empty if it can.</summary>
    [Id(13)] public required string NotReady { get; init; }

    /// <summary>Why the catalog may lack models of the initial folder; empty once complete. The models found so far are served.</summary>
    [Id(14)] public string Settling { get; init; } = "";
}
