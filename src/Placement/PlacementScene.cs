using System.Collections.Immutable;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Placement;

/// <summary>All that the choice of a silo for one replica goes by.</summary>
public sealed record PlacementScene
{
    /// <summary>The replica to place.</summary>
    public required ReplicaId Replica { get; init; }

    /// <summary>Silos as last reported.</summary>
    public required ImmutableArray<NodeSnapshot> Nodes { get; init; }

    /// <summary>Silos that the engine would accept.</summary>
    public required IReadOnlyCollection<SiloAddress> Compatible { get; init; }

    /// <summary>This process's silo where it has begun to drain, which the reports may not show yet.</summary>
    public SiloAddress? Draining { get; init; }

    /// <summary>Where this very replica was placed a moment ago.</summary>
    public SiloAddress? LastPlace { get; init; }

    /// <summary>Where replicas of the version were placed a moment ago, this one among them; one silo for each.</summary>
    public IReadOnlyCollection<SiloAddress> Expected { get; init; } = [];

    /// <summary>What placements of the last moments, not yet reported, will take on a silo.</summary>
    public Func<SiloAddress, (long Bytes, int Replicas)> Overlay { get; init; } = _ => default;
}
