using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>Grains of the cluster that this process is in, or is a client of.</summary>
internal sealed class ClusterGrains(IGrainFactory grains) : IClusterGrains
{
    public IReplicaGrain Replica(ReplicaId replica) => grains.GetGrain<IReplicaGrain>(replica.ToString());

    public IModelGrain Model(ModelName model) => grains.GetGrain<IModelGrain>(model.Value);

    public IModelVersionGrain Version(ModelId version) => grains.GetGrain<IModelVersionGrain>(version.ToString());

    public INodeGrain Node(SiloAddress silo) => grains.GetGrain<INodeGrain>(silo.ToParsableString());

    public IRelayGrain Relay(SiloAddress silo) => grains.GetGrain<IRelayGrain>(silo.ToParsableString());
}
