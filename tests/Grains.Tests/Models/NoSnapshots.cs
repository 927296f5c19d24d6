using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Grains.Tests.Models;

/// <summary>A snapshot without silos.</summary>
internal sealed class NoSnapshots : IClusterSnapshotSource
{
    public ClusterSnapshot Current => ClusterSnapshot.Empty;

    public Task RefreshAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Expect(ReplicaId replica, SiloAddress silo)
    {
    }

    public IReadOnlyCollection<SiloAddress> ExpectedAt(ModelId model) => [];

    public long ExpectedBytes(SiloAddress silo) => 0;
}
