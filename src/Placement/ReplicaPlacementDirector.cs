using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Replicas;
using Orleans.Runtime.Placement;

namespace Krewe.Placement;

/// <summary>
/// Chooses the silo of a replica from this process's snapshot of the cluster; makes no grain call. What it throws reaches the caller of
/// the replica as it is.
/// </summary>
internal sealed class ReplicaPlacementDirector(IClusterSnapshotSource views, ILocalNode? local = null) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var replica = ReplicaId.Parse(target.GrainIdentity.Key.ToString()!);
        var compatible = context.GetCompatibleSilos(target);
        var silo = IPlacementDirector.GetPlacementHint(target.RequestContextData, compatible) ?? ReplicaChoice.Choose(
            Scene(replica, compatible));
        views.Expect(replica, silo);
        return Task.FromResult(silo);
    }

    private PlacementScene Scene(ReplicaId replica, SiloAddress[] compatible) => new()
    {
        Replica = replica,
        Nodes = views.Current.Nodes,
        Compatible = compatible,
        Draining = local is { IsDraining: true } ? local.Address : null,
        LastPlace = views.ExpectedPlace(replica),
        Expected = views.ExpectedAt(replica.Model),
        Overlay = silo => (views.ExpectedBytes(silo), views.ExpectedReplicas(silo)),
    };
}

/// <summary>Places a replica on a silo that has its artifact, its devices and room; see <see cref="ReplicaPlacementDirector"/>.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("krewe.replica-placement")]
public sealed class ReplicaPlacement : PlacementStrategy;

/// <summary>Marks a grain class as placed by <see cref="ReplicaPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ReplicaPlacementAttribute() : Orleans.Placement.PlacementAttribute(new ReplicaPlacement());
