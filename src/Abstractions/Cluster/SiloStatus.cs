using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Cluster;

/// <summary>One silo that hosts models.</summary>
public sealed record SiloStatus
{
    /// <summary>The silo's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its address, <c>host:port</c>.</summary>
    public required string Address { get; init; }

    /// <summary>True while it drains and accepts no new replicas.</summary>
    public required bool IsDraining { get; init; }

    /// <summary>Why it cannot serve at present; empty if it can.</summary>
    public required string NotReady { get; init; }

    /// <summary>The execution providers available on it.</summary>
    public required ImmutableArray<ExecutionProvider> Providers { get; init; }

    /// <summary>Labels assigned by the operator.</summary>
    public required ImmutableDictionary<string, string> Labels { get; init; }

    /// <summary>The memory budget for its sessions, in bytes.</summary>
    public required long MemoryBudgetBytes { get; init; }

    /// <summary>Memory used by its sessions and by loads in progress, in bytes.</summary>
    public required long MemoryUsedBytes { get; init; }

    /// <summary>Requests waiting in its queues.</summary>
    public required int QueueDepth { get; init; }

    /// <summary>Versions in its repository.</summary>
    public required int Versions { get; init; }

    /// <summary>Versions in its memory, sorted.</summary>
    public required ImmutableArray<ModelId> Sessions { get; init; }

    /// <summary>Replicas placed on it, sorted.</summary>
    public required ImmutableArray<ReplicaStatus> Replicas { get; init; }
}
