using System.Collections.Frozen;
using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>One silo that hosts models, as last reported. Immutable.</summary>
internal sealed class NodeView
{
    public required SiloAddress Address { get; init; }

    /// <summary>The report, with the lists filled in from earlier reports where it left them out.</summary>
    public required NodeReport Report { get; init; }

    /// <summary>The silo's repository by version.</summary>
    public required FrozenDictionary<ModelId, CatalogEntry> Catalog { get; init; }

    /// <summary>Versions in its memory.</summary>
    public required FrozenSet<ModelId> Sessions { get; init; }

    /// <summary>Replicas that live there, by version.</summary>
    public required FrozenSet<ReplicaId> Replicas { get; init; }

    /// <summary>Versions of which a replica lives there.</summary>
    public required FrozenSet<ModelId> ReplicatedModels { get; init; }
}
