using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Relaying;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Versions;

namespace Krewe.Client.Cluster;

/// <summary>The grains that a host calls.</summary>
public interface IClusterGrains
{
    IReplicaGrain Replica(ReplicaId replica);

    IModelGrain Model(ModelName model);

    IModelVersionGrain Version(ModelId version);

    INodeGrain Node(SiloAddress silo);

    IRelayGrain Relay(SiloAddress silo);
}
