using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Replicas;
using Orleans.Runtime.Placement;

namespace Krewe.Placement;

/// <summary>
/// Chooses a replica's silo from this process's cluster snapshot, without grain calls. Its exceptions reach the replica's caller unchanged.
/// </summary>
internal sealed class ReplicaPlacementDirector(IClusterSnapshotSource snapshots, ILocalNode? local = null) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var replica = ReplicaId.Parse(target.GrainIdentity.Key.ToString()!);
        var compatible = context.GetCompatibleSilos(target);
        var silo = IPlacementDirector.GetPlacementHint(target.RequestContextData, compatible) ?? ReplicaChoice.Choose(
            Inputs(replica, compatible));
        snapshots.Expect(replica, silo);
        return Task.FromResult(silo);
    }

    private PlacementInputs Inputs(ReplicaId replica, SiloAddress[] compatible) => new()
    {
        Replica = replica,
        Nodes = snapshots.Current.Nodes,
        Compatible = compatible,
        Draining = local is { IsDraining: true } ? local.Address : null,
        LastPlace = snapshots.ExpectedPlace(replica),
        Expected = snapshots.ExpectedAt(replica.Model),
        Overlay = silo => (snapshots.ExpectedBytes(silo), snapshots.ExpectedReplicas(silo)),
    };
}

/// <summary>
/// Places a replica on a silo with its artifact, its devices and free memory; see <see cref="ReplicaPlacementDirector"/>.
/// </summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("krewe.replica-placement")]
public sealed class ReplicaPlacement : PlacementStrategy;

/// <summary>Marks a grain class as placed by <see cref="ReplicaPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ReplicaPlacementAttribute() : Orleans.Placement.PlacementAttribute(new ReplicaPlacement());
