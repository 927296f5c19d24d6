using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>The grains a host calls, by the names it has for them.</summary>
public interface IClusterGrains
{
    IReplicaGrain Replica(ReplicaId replica);

    IModelGrain Model(ModelName model);

    IModelVersionGrain Version(ModelId version);

    INodeGrain Node(SiloAddress silo);

    IRelayGrain Relay(SiloAddress silo);
}
