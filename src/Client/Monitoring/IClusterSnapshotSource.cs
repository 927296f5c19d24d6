using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Monitoring;

/// <summary>Where the cluster's latest snapshot is.</summary>
public interface IClusterSnapshotSource
{
    /// <summary>The snapshot now; <see cref="ClusterSnapshot.Empty"/> until the first look is done.</summary>
    ClusterSnapshot Current { get; }

    /// <summary>
    /// True where calls must not be routed by this snapshot before it was looked at again. Never so for a member of the cluster.
    /// </summary>
    bool AreRoutesOld => false;

    /// <summary>
    /// Looks now rather than at the next turn; done when the new snapshot is there. For operators' calls; for an inference only where it
    /// was told that the snapshot is old.
    /// </summary>
    Task RefreshAsync(CancellationToken cancellationToken);

    /// <summary>A placement was decided here and does not show in the reports yet.</summary>
    void Expect(ReplicaId replica, SiloAddress silo);

    /// <summary>
    /// Silos where replicas of a version were placed from here within the last seconds, beyond what reports show; one for each.
    /// </summary>
    IReadOnlyCollection<SiloAddress> ExpectedAt(ModelId model);

    /// <summary>Bytes that placements from here, not yet in the reports, will take on a silo.</summary>
    long ExpectedBytes(SiloAddress silo);

    /// <summary>How many placements those are.</summary>
    int ExpectedReplicas(SiloAddress silo) => 0;

    /// <summary>Where a replica was placed from here within the last seconds, if no report shows it; null where it was not.</summary>
    SiloAddress? ExpectedPlace(ReplicaId replica) => null;
}
