using System.Collections.Frozen;
using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>
/// The cluster as this process last saw it, swapped whole about twice a second: advice for placement, the catalog for routing. No
/// request waits for it to change, but for the first one after the start.
/// </summary>
internal sealed class ClusterView
{
    public static ClusterView Empty { get; } = new() { Nodes = [], Models = FrozenDictionary<ModelName, CatalogModel>.Empty, Routes = RouteBook.Empty };

    /// <summary>Silos that host models and answer, draining ones among them, by address.</summary>
    public required ImmutableArray<NodeView> Nodes { get; init; }

    /// <summary>The union of the repositories of all silos that are members, of those too that do not answer just now.</summary>
    public required FrozenDictionary<ModelName, CatalogModel> Models { get; init; }

    /// <summary>What operators and crashes have decided.</summary>
    public required RouteBook Routes { get; init; }
}
