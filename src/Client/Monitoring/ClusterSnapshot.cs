using System.Collections.Frozen;
using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Rollouts.Routes;

namespace Krewe.Client.Monitoring;

/// <summary>
/// The cluster as this process last saw it, swapped whole about twice a second: advice for placement, the catalog for routing. No
/// request waits for it to change, but for the first one after the start.
/// </summary>
public sealed class ClusterSnapshot
{
    public static ClusterSnapshot Empty { get; } = new() { Nodes = [], Models = FrozenDictionary<ModelName, CatalogModel>.Empty,
        Routes = RouteBook.Empty };

    /// <summary>Silos that host models and answer, draining ones among them, by address.</summary>
    public required ImmutableArray<NodeSnapshot> Nodes { get; init; }

    /// <summary>The union of the repositories of all silos that are members, of those too that do not answer just now.</summary>
    public required FrozenDictionary<ModelName, CatalogModel> Models { get; init; }

    /// <summary>What operators and crashes have decided.</summary>
    public required RouteBook Routes { get; init; }
}

/// <summary>A model of the cluster: its versions on any silo, ascending by number. Immutable.</summary>
/// <param name="Name">The model.</param>
/// <param name="Versions">Its versions; empty where no silo has one that can be served.</param>
/// <param name="Error">Why there are no versions, as a silo says; empty where there are.</param>
/// <param name="Traffic">How its calls are routed; null where nothing was decided about that.</param>
public sealed record CatalogModel(ModelName Name, ImmutableArray<CatalogVersion> Versions, string Error = "", TrafficRoute? Traffic = null);

/// <summary>A version of the cluster, put together from what the silos that have it say.</summary>
/// <param name="Id">The version.</param>
/// <param name="Entry">The entry of the first silo where it has no error, or of the first at all.</param>
/// <param name="IsUnloaded">An operator has taken it out.</param>
/// <param name="Quarantine">Why it is quarantined; null where it is not.</param>
/// <param name="IsRetired">It is being deleted.</param>
public sealed record CatalogVersion(ModelId Id, CatalogEntry Entry, bool IsUnloaded, string? Quarantine, bool IsRetired = false)
{
    /// <summary>True where a call for it would be answered, as far as is known.</summary>
    public bool CanServe => Entry.Error.Length == 0 && !IsUnloaded && Quarantine is null && !IsRetired;
}
