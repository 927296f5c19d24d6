using System.Collections.Concurrent;
using Krewe.Abstractions.Models;
using Krewe.Client.Cluster;
using Krewe.Client.Endpoints;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Routing;

/// <summary>The traffic of every version that this process has called.</summary>
public sealed class TrafficRegistry(IClusterGrains grains, IClusterSnapshotSource snapshots, TimeProvider time, ILocalReplicas? local = null)
{
    private const int Few = 1024;
    private int forgetAbove = Few;
    private readonly ConcurrentDictionary<ModelId, VersionTraffic> versions = new();

    public IEnumerable<VersionTraffic> All => versions.Values;

    public VersionTraffic Of(ModelId version) => versions.TryGetValue(version, out var traffic) ? traffic : Add(version);

    /// <summary>The traffic of a version; null if it was not called.</summary>
    public VersionTraffic? Find(ModelId version) => versions.GetValueOrDefault(version);

    private VersionTraffic Add(ModelId version)
    {
        var traffic = versions.GetOrAdd(
            version, static (id, parts) => new VersionTraffic(id, parts.grains, parts.time, parts.local), (grains, time, local));
        if (versions.Count > forgetAbove)
        {
            Forget(version);
            forgetAbove = Math.Max(Few, 2 * versions.Count);
        }

        return traffic;
    }

    /// <summary>Drops versions that have left the cluster.</summary>
    private void Forget(ModelId justAdded)
    {
        var models = snapshots.Current.Models;
        foreach (var (id, traffic) in versions)
        {
            var isThere = models.TryGetValue(id.Name, out var model) && VersionChoice.Find(model, id.Version) is not null;
            if (!isThere && id != justAdded && Volatile.Read(ref traffic.Outstanding) == 0)
            {
                versions.TryRemove(id, out _);
            }
        }
    }
}
