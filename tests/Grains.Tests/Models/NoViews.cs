using Krewe.Abstractions.Models;
using Krewe.Client.View;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Grains.Tests.Models;

/// <summary>A picture without silos.</summary>
internal sealed class NoViews : IClusterViewSource
{
    public ClusterView Current => ClusterView.Empty;

    public Task RefreshAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Expect(ReplicaId replica, SiloAddress silo)
    {
    }

    public IReadOnlyCollection<SiloAddress> ExpectedAt(ModelId model) => [];

    public long ExpectedBytes(SiloAddress silo) => 0;
}
