using Krewe.Abstractions.Cluster;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Control;

/// <summary>The status of the cluster for operators.</summary>
internal static class ClusterStatusReader
{
    public static ClusterStatus Of(ClusterSnapshot snapshot) => new(
        [.. snapshot.Nodes.Select(Of).OrderBy(silo => silo.Name, StringComparer.Ordinal).ThenBy(
            silo => silo.Address, StringComparer.Ordinal)],
        [
            .. snapshot.Models.Values.SelectMany(model => model.Versions)
                .Where(version => version.Quarantine is not null)
                .OrderBy(version => version.Id)
                .Select(version => new QuarantinedVersion(version.Id, version.Quarantine!)),
        ]);

    private static Abstractions.Cluster.SiloStatus Of(NodeSnapshot node) => new()
    {
        Name = node.Report.Name,
        Address = node.Address.Endpoint.ToString(),
        IsDraining = node.Report.IsDraining,
        NotReady = node.Report.NotReady,
        Providers = node.Report.Providers,
        Labels = node.Report.Labels,
        MemoryBudgetBytes = node.Report.BudgetBytes,
        MemoryUsedBytes = node.Report.UsedBytes,
        QueueDepth = node.Report.QueueDepth,
        Versions = node.Catalog.Count,
        Sessions = [.. node.Sessions.Order()],
        Replicas =
        [
            .. node.Replicas.OrderBy(replica => replica.Model).ThenBy(replica => replica.Index)
                .Select(replica => new ReplicaStatus(replica.Model, replica.Index, node.Sessions.Contains(replica.Model))),
        ],
    };
}
