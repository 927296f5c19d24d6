using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Monitoring;

/// <summary>Gives access to the cluster snapshot.</summary>
public interface IClusterSnapshotSource
{
    /// <summary>The current snapshot; <see cref="ClusterSnapshot.Empty"/> before the first poll.</summary>
    ClusterSnapshot Current { get; }

    /// <summary>True if the snapshot's routes are stale and must be refreshed before routing. Never for a cluster member.</summary>
    bool AreRoutesStale => false;

    /// <summary>
    /// Polls now; completes when the new snapshot is set. For operators' calls, and for an inference only after a reply that the snapshot
    /// is stale.
    /// </summary>
    Task RefreshAsync(CancellationToken cancellationToken);

    /// <summary>Records a placement made here that no report shows yet.</summary>
    void Expect(ReplicaId replica, SiloAddress silo);

    /// <summary>Silos of a version's recent placements from here that no report shows yet; one per replica.</summary>
    IReadOnlyCollection<SiloAddress> ExpectedAt(ModelId model);

    /// <summary>The bytes of pending placements on a silo.</summary>
    long ExpectedBytes(SiloAddress silo);

    /// <summary>The number of pending placements on a silo.</summary>
    int ExpectedReplicas(SiloAddress silo) => 0;

    /// <summary>The silo of a replica's pending placement; null if there is none.</summary>
    SiloAddress? ExpectedPlace(ReplicaId replica) => null;
}
