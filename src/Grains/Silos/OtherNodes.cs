using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Placement;

namespace Krewe.Grains.Silos;

/// <summary>Where else a replica could be, by this process's snapshot of the cluster and the rules of placement.</summary>
internal static class OtherNodes
{
    /// <summary>The silos that could serve a version now, but for one, in no order.</summary>
    public static IEnumerable<NodeSnapshot> Candidates(ClusterSnapshot view, ModelId model, SiloAddress except) =>
        Candidates(Scene(view, new ReplicaId(model, 0), except, null));

    /// <summary>The silo that is to take a replica over from one that goes; null where there is none.</summary>
    public static SiloAddress? Choose(IClusterSnapshotSource views, ReplicaId replica, SiloAddress leaving)
    {
        var scene = Scene(views.Current, replica, leaving, views);
        return Candidates(scene).MinBy(node => ReplicaChoice.Score(node, scene))?.Address;
    }

    /// <summary>The same among silos that have no replica of the version.</summary>
    public static SiloAddress? ChooseEmpty(IClusterSnapshotSource views, ReplicaId replica, SiloAddress leaving)
    {
        var scene = Scene(views.Current, replica, leaving, views);
        return Candidates(scene).Where(node => !node.ReplicatedModels.Contains(replica.Model) && !scene.Expected.Contains(node.Address))
            .MinBy(node => ReplicaChoice.Score(node, scene))?.Address;
    }

    private static IEnumerable<NodeSnapshot> Candidates(PlacementScene scene) => scene.Nodes
        .Where(node => ReplicaChoice.Obstacle(node, scene) == PlacementObstacle.None
        && node.Catalog[scene.Replica.Model].EstimatedBytes <= node.Report.BudgetBytes);

    private static PlacementScene Scene(ClusterSnapshot view, ReplicaId replica, SiloAddress except, IClusterSnapshotSource? views) => new()
    {
        Replica = replica,
        Nodes = view.Nodes,
        Compatible = [],
        Draining = except,
        Expected = views?.ExpectedAt(replica.Model) ?? [],
        Overlay = silo => views is null ? default : (views.ExpectedBytes(silo), views.ExpectedReplicas(silo)),
    };
}
