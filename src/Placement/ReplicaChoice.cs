using System.Numerics;
using Krewe.Abstractions.Errors;
using Krewe.Client.Monitoring;

namespace Krewe.Placement;

/// <summary>
/// Chooses the silo of a replica: of those that can host it, the one with the lowest <see cref="ReplicaPlacementScore"/>. A pure function
/// of its <see cref="PlacementInputs"/>.
/// </summary>
public static class ReplicaChoice
{
    /// <summary>
    /// Smaller differences in free memory, in bytes, are ignored; the version count and the rendezvous hash spread small models.
    /// </summary>
    private const long SmallestStep = 1 << 20;

    /// <summary>
    /// Below this fraction of its budget, free memory is noise left by the last eviction, and the silo counts as full. Full silos share
    /// load in proportion to their budgets.
    /// </summary>
    private const int FullPart = 32;

    /// <summary>
    /// The chosen silo; throws <see cref="KreweException"/> with <see cref="KreweErrorCode.Unavailable"/> if no known silo can host the
    /// replica. If the version has failed on every candidate, one of them is chosen: it knows when a retry is due and reports the reason. A
    /// silo without a report is the last resort: it may be new, and reports its own errors.
    /// </summary>
    public static SiloAddress Choose(PlacementInputs inputs)
    {
        var known = inputs.Nodes.Where(node => inputs.Compatible.Contains(node.Address)).ToArray();
        var obstacles = Array.ConvertAll(known, node => Obstacle(node, inputs));
        return Best(PlacementObstacle.None)?.Address
            ?? Best(PlacementObstacle.Failed)?.Address
            ?? RendezvousHash.Pick(inputs.Replica, Unreported(inputs, known))
            ?? throw PlacementRefusal.Of(inputs.Replica.Model, known, obstacles);

        NodeSnapshot? Best(PlacementObstacle obstacle) =>
            known.Zip(obstacles).Where(pair => pair.Second == obstacle).Select(pair => pair.First).MinBy(node => Score(node, inputs));
    }

    /// <summary>Why a silo cannot host the replica.</summary>
    public static PlacementObstacle Obstacle(NodeSnapshot node, PlacementInputs inputs) =>
        node.Report.IsDraining || node.Address.Equals(inputs.Draining) ? PlacementObstacle.Draining
        : node.Report.NotReady.Length > 0 ? PlacementObstacle.NotReady
        : !node.Catalog.TryGetValue(inputs.Replica.Model, out var entry) ? PlacementObstacle.Absent
        : entry.RequiredProvider is { } provider && !node.Report.Providers.Contains(provider) ? PlacementObstacle.NoProvider
        : entry.Error.Length > 0 ? PlacementObstacle.Failed
        : PlacementObstacle.None;

    /// <summary>The score of a silo that can host the replica.</summary>
    public static ReplicaPlacementScore Score(NodeSnapshot node, PlacementInputs inputs)
    {
        var entry = node.Catalog[inputs.Replica.Model];
        var siblings = Siblings(node, inputs);
        var isHere = siblings == 0 && (node.Sessions.Contains(inputs.Replica.Model) || node.Address.Equals(inputs.LastPlace));
        var (expectedBytes, expectedReplicas) = inputs.Overlay(node.Address);
        var budget = Math.Max(1, node.Report.BudgetBytes);
        var free = budget - node.Report.UsedBytes - node.PromisedBytes - expectedBytes;

        // Rounded to the nearest step: a full silo is then mid-step and noise does not move it.
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
            TieBreaker: RendezvousHash.Score(inputs.Replica, node.Address) / budget);
    }

    // A report may still show the replica that is being placed; it is not its own sibling.
    private static int Siblings(NodeSnapshot node, PlacementInputs inputs)
    {
        var expected = inputs.Expected.Count(node.Address.Equals) - (node.Address.Equals(inputs.LastPlace) ? 1 : 0);
        if (!node.ReplicatedModels.Contains(inputs.Replica.Model))
        {
            return Math.Max(0, expected);
        }

        return Math.Max(0, expected) + node.Replicas.Count(replica => replica.Model == inputs.Replica.Model && replica != inputs.Replica);
    }

    private static IEnumerable<SiloAddress> Unreported(PlacementInputs inputs, NodeSnapshot[] known) =>
        inputs.Compatible.Where(silo => !silo.Equals(inputs.Draining) && !known.Any(node => node.Address.Equals(silo)));
}
