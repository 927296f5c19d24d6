using System.Collections.Immutable;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Placement;

/// <summary>The inputs of a placement decision.</summary>
public sealed record PlacementInputs
{
    /// <summary>The replica to place.</summary>
    public required ReplicaId Replica { get; init; }

    /// <summary>Silos as last reported.</summary>
    public required ImmutableArray<NodeSnapshot> Nodes { get; init; }

    /// <summary>Silos that Orleans would accept.</summary>
    public required IReadOnlyCollection<SiloAddress> Compatible { get; init; }

    /// <summary>This process's silo if it is draining, which the reports may not show yet.</summary>
    public SiloAddress? Draining { get; init; }

    /// <summary>Where this replica was placed recently.</summary>
    public SiloAddress? LastPlace { get; init; }

    /// <summary>Where replicas of the version were placed recently, this one included; one silo per replica.</summary>
    public IReadOnlyCollection<SiloAddress> Expected { get; init; } = [];

    /// <summary>What recent placements that no report shows yet will use on a silo.</summary>
    public Func<SiloAddress, (long Bytes, int Replicas)> Overlay { get; init; } = _ => default;
}
