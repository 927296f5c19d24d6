using System.Collections.Frozen;
using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.Routes;

namespace Krewe.Client.Monitoring;

/// <summary>
/// This process's snapshot of the cluster, replaced about twice a second: the input of placement and routing. Only the first request after
/// the start waits for it.
/// </summary>
public sealed class ClusterSnapshot
{
    public static ClusterSnapshot Empty { get; } = new() { Nodes = [], Models = FrozenDictionary<ModelName, CatalogModel>.Empty,
        Routes = RoutingTable.Empty };

    /// <summary>Silos that host models and answer, including draining ones, by address.</summary>
    public required ImmutableArray<NodeSnapshot> Nodes { get; init; }

    /// <summary>The union of the repositories of all members, including silent ones.</summary>
    public required FrozenDictionary<ModelName, CatalogModel> Models { get; init; }

    /// <summary>The decisions of operators, rollouts and crash handling.</summary>
    public required RoutingTable Routes { get; init; }
}

/// <summary>A model of the cluster: its versions on any silo, by number. Immutable.</summary>
/// <param name="Name">The model.</param>
/// <param name="Versions">Its versions; empty if no silo has a servable one.</param>
/// <param name="Error">A silo's reason why there are no versions; else empty.</param>
/// <param name="Traffic">How its calls are routed; null for the default.</param>
public sealed record CatalogModel(ModelName Name, ImmutableArray<CatalogVersion> Versions, string Error = "", TrafficRoute? Traffic = null);

/// <summary>A version of the cluster, merged from the reports of its silos.</summary>
/// <param name="Id">The version.</param>
/// <param name="Entry">The entry of the first silo without an error, or of the first silo.</param>
/// <param name="IsUnloaded">True if an operator has unloaded it.</param>
/// <param name="Quarantine">Why it is quarantined; null if it is not.</param>
/// <param name="IsRetired">True if it is being deleted.</param>
public sealed record CatalogVersion(ModelId Id, CatalogEntry Entry, bool IsUnloaded, string? Quarantine, bool IsRetired = false)
{
    /// <summary>True if a call would be answered, as far as is known.</summary>
    public bool CanServe => Entry.Error.Length == 0 && !IsUnloaded && Quarantine is null && !IsRetired;
}
