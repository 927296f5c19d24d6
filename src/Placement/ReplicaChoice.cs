using System.Numerics;
using Krewe.Abstractions.Errors;
using Krewe.Client.Monitoring;

namespace Krewe.Placement;

/// <summary>
/// Where a replica is placed: the silo is chosen among those that can take it, the one with the lowest
/// <see cref="ReplicaPlacementScore"/>. A pure function of its <see cref="PlacementScene"/>.
/// </summary>
public static class ReplicaChoice
{
    /// <summary>
    /// Differences in free memory below this, in bytes, do not decide: the count of versions and the rendezvous hash spread small models.
    /// </summary>
    private const long SmallestStep = 1 << 20;

    /// <summary>
    /// The part of a budget below which free memory is what the last eviction happened to leave. A silo counts as full there, and silos
    /// that are full share what comes by their budgets.
    /// </summary>
    private const int FullPart = 32;

    /// <summary>
    /// The silo; throws <see cref="KreweException"/> with <see cref="KreweErrorCode.Unavailable"/> where none that is known can take the
    /// replica. Where the version has failed on all that could, one of those is asked again: it knows when another try is due, and tells
    /// the caller why not. A silo of which there is no report is taken only then: it may be new, and what it finds out it tells too.
    /// </summary>
    public static SiloAddress Choose(PlacementScene scene)
    {
        var known = scene.Nodes.Where(node => scene.Compatible.Contains(node.Address)).ToArray();
        var obstacles = Array.ConvertAll(known, node => Obstacle(node, scene));
        return Best(PlacementObstacle.None)?.Address
            ?? Best(PlacementObstacle.Failed)?.Address
            ?? RendezvousHash.Pick(scene.Replica, Unheard(scene, known))
            ?? throw PlacementRefusal.Of(scene.Replica.Model, known, obstacles);

        NodeSnapshot? Best(PlacementObstacle obstacle) =>
            known.Zip(obstacles).Where(pair => pair.Second == obstacle).Select(pair => pair.First).MinBy(node => Score(node, scene));
    }

    /// <summary>What keeps a silo from taking the replica.</summary>
    public static PlacementObstacle Obstacle(NodeSnapshot node, PlacementScene scene) =>
        node.Report.IsDraining || node.Address.Equals(scene.Draining) ? PlacementObstacle.Draining
        : node.Report.NotReady.Length > 0 ? PlacementObstacle.NotReady
        : !node.Catalog.TryGetValue(scene.Replica.Model, out var entry) ? PlacementObstacle.Absent
        : entry.RequiredProvider is { } provider && !node.Report.Providers.Contains(provider) ? PlacementObstacle.NoProvider
        : entry.Error.Length > 0 ? PlacementObstacle.Failed
        : PlacementObstacle.None;

    /// <summary>How well a silo that can take the replica suits it.</summary>
    public static ReplicaPlacementScore Score(NodeSnapshot node, PlacementScene scene)
    {
        var entry = node.Catalog[scene.Replica.Model];
        var siblings = Siblings(node, scene);
        var isHere = siblings == 0 && (node.Sessions.Contains(scene.Replica.Model) || node.Address.Equals(scene.LastPlace));
        var (expectedBytes, expectedReplicas) = scene.Overlay(node.Address);
        var budget = Math.Max(1, node.Report.BudgetBytes);
        var free = budget - node.Report.UsedBytes - node.PromisedBytes - expectedBytes;

        // Rounded to the nearest step, a full silo lies in the middle of one, and leaves it only by more than chance.
        var share = (long)Math.Round((double)free / budget * FullPart);
        var fits = free - entry.EstimatedBytes >= budget / FullPart;
        return new ReplicaPlacementScore(
            Away: isHere ? 0 : 1,
            TooLarge: entry.EstimatedBytes > budget ? 1 : 0,
            Siblings: siblings,
            WithoutPreferred: entry.PreferredProvider is { } provider && !node.Report.Providers.Contains(provider) ? 1 : 0,
            MustEvict: fits ? 0 : 1,
            Fullness: fits ? -(free / Math.Max(SmallestStep, entry.EstimatedBytes)) : -share,
            Queue: fits ? 0 : BitOperations.Log2((uint)node.Report.QueueDepth + 1),
            Density: fits ? (node.Residents + expectedReplicas) / (double)budget : 0,
            Lot: RendezvousHash.Draw(scene.Replica, node.Address) / budget);
    }

    // A report may still show the replica that is being placed: its activation is gone, so it is no sibling of itself.
    private static int Siblings(NodeSnapshot node, PlacementScene scene)
    {
        var expected = scene.Expected.Count(node.Address.Equals) - (node.Address.Equals(scene.LastPlace) ? 1 : 0);
        if (!node.ReplicatedModels.Contains(scene.Replica.Model))
        {
            return Math.Max(0, expected);
        }

        return Math.Max(0, expected) + node.Replicas.Count(replica => replica.Model == scene.Replica.Model && replica != scene.Replica);
    }

    private static IEnumerable<SiloAddress> Unheard(PlacementScene scene, NodeSnapshot[] known) =>
        scene.Compatible.Where(silo => !silo.Equals(scene.Draining) && !known.Any(node => node.Address.Equals(silo)));
}
