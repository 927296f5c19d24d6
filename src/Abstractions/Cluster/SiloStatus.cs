using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Cluster;

/// <summary>One silo that hosts models.</summary>
public sealed record SiloStatus
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its address: host and port.</summary>
    public required string Address { get; init; }

    /// <summary>True once it takes no new replicas.</summary>
    public required bool IsDraining { get; init; }

    /// <summary>Why it cannot serve at present; empty where it can.</summary>
    public required string NotReady { get; init; }

    /// <summary>The execution providers it can run on.</summary>
    public required ImmutableArray<ExecutionProvider> Providers { get; init; }

    /// <summary>What its operator says of it.</summary>
    public required ImmutableDictionary<string, string> Labels { get; init; }

    /// <summary>What its sessions may hold together, in bytes.</summary>
    public required long MemoryBudgetBytes { get; init; }

    /// <summary>What its sessions and loads under way hold, in bytes.</summary>
    public required long MemoryUsedBytes { get; init; }

    /// <summary>Requests that wait in its queues.</summary>
    public required int QueueDepth { get; init; }

    /// <summary>Versions in its repository.</summary>
    public required int Versions { get; init; }

    /// <summary>Versions in its memory, ordered.</summary>
    public required ImmutableArray<ModelId> Sessions { get; init; }

    /// <summary>Replicas that live there, ordered.</summary>
    public required ImmutableArray<ReplicaStatus> Replicas { get; init; }
}
