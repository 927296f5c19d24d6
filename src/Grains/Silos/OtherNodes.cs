using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Placement;

namespace Krewe.Grains.Silos;

/// <summary>Finds other silos for a replica, by the cluster snapshot and the placement rules.</summary>
internal static class OtherNodes
{
    /// <summary>The silos that could serve a version now, except one, in no order.</summary>
    public static IEnumerable<NodeSnapshot> Candidates(ClusterSnapshot snapshot, ModelId model, SiloAddress except) =>
        Candidates(Inputs(snapshot, new ReplicaId(model, 0), except, null));

    /// <summary>The silo that takes over a replica from a silo it leaves; null if there is none.</summary>
    public static SiloAddress? Choose(IClusterSnapshotSource snapshots, ReplicaId replica, SiloAddress leaving)
    {
        var inputs = Inputs(snapshots.Current, replica, leaving, snapshots);
        return Candidates(inputs).MinBy(node => ReplicaChoice.Score(node, inputs))?.Address;
    }

    /// <summary>The same among silos without a replica of the version.</summary>
    public static SiloAddress? ChooseEmpty(IClusterSnapshotSource snapshots, ReplicaId replica, SiloAddress leaving)
    {
        var inputs = Inputs(snapshots.Current, replica, leaving, snapshots);
        return Candidates(inputs).Where(node => !node.ReplicatedModels.Contains(replica.Model) && !inputs.Expected.Contains(node.Address))
            .MinBy(node => ReplicaChoice.Score(node, inputs))?.Address;
    }

    private static IEnumerable<NodeSnapshot> Candidates(PlacementInputs inputs) => inputs.Nodes
        .Where(node => ReplicaChoice.Obstacle(node, inputs) == PlacementObstacle.None
        && node.Catalog[inputs.Replica.Model].EstimatedBytes <= node.Report.BudgetBytes);

    private static PlacementInputs Inputs(ClusterSnapshot snapshot, ReplicaId replica, SiloAddress except,
        IClusterSnapshotSource? snapshots) => new()
    {
        Replica = replica,
        Nodes = snapshot.Nodes,
        Compatible = [],
        Draining = except,
        Expected = snapshots?.ExpectedAt(replica.Model) ?? [],
        Overlay = silo => snapshots is null ? default : (snapshots.ExpectedBytes(silo), snapshots.ExpectedReplicas(silo)),
    };
}
