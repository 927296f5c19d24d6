using System.Collections.Concurrent;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Tests.Placement;

/// <summary>A snapshot that a test sets.</summary>
internal sealed class FixedSnapshots : IClusterSnapshotSource, ILocalNode
{
    public ConcurrentQueue<(ReplicaId Replica, SiloAddress Silo)> Placed { get; } = [];

    public ClusterSnapshot Current { get; set; } = ClusterSnapshot.Empty;

    public SiloAddress Address { get; set; } = SiloAddress.Zero;

    public bool IsDraining { get; set; }

    public Task RefreshAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Expect(ReplicaId replica, SiloAddress silo) => Placed.Enqueue((replica, silo));

    public IReadOnlyCollection<SiloAddress> ExpectedAt(ModelId model) => [];

    public long ExpectedBytes(SiloAddress silo) => 0;
}
