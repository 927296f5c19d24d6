using Krewe.Abstractions.Hosting;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Versions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Krewe.Grains.Tests.Cluster;

/// <summary>One running silo.</summary>
internal sealed class TestSilo(string name, IHost host, FakeNode node)
{
    public string Name => name;

    public FakeNode Node => node;

    public IHost Host => host;

    public bool IsOver { get; set; }

    public SiloAddress Address { get; } = host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    public IGrainFactory Grains => Get<IGrainFactory>();

    public IClusterSnapshotSource Snapshots => Get<IClusterSnapshotSource>();

    /// <summary>The models of the cluster, as this silo's own callers have them.</summary>
    public IModelHost Models => Get<IModelHost>();

    public IReplicaGrain Replica(string model, int index = 0) => Grains.GetGrain<IReplicaGrain>(new ReplicaId(FakeNode.Id(model), index).ToString());

    public IModelVersionGrain Version(string model) => Grains.GetGrain<IModelVersionGrain>(FakeNode.Id(model).ToString());

    public INodeGrain NodeGrain(TestSilo silo) => Grains.GetGrain<INodeGrain>(silo.Address.ToParsableString());

    public T Get<T>()
        where T : notnull => host.Services.GetRequiredService<T>();
}
