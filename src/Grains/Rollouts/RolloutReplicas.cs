using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Rollouts.Plans;

namespace Krewe.Grains.Rollouts;

/// <summary>How many replicas a rollout's new version needs, by this process's snapshot of the cluster.</summary>
internal static class RolloutReplicas
{
    /// <summary>Replicas of a version that are in memory, 0 for one that nobody has called.</summary>
    public static int Count(ClusterSnapshot view, ModelId version) => view.Nodes
        .Where(node => node.Sessions.Contains(version))
        .SelectMany(node => node.Replicas.Where(replica => replica.Model == version))
        .Distinct()
        .Count();

    /// <summary>
    /// As many as answer the share of the calls that the old version's replicas answer now, within what the new version's settings allow.
    /// </summary>
    public static int Wanted(ClusterSnapshot view, ModelId from, CatalogVersion to, Share share)
    {
        var least = Math.Max(1, to.Entry.Replicas.Min);
        var needed = (int)Math.Ceiling(Count(view, from) * (share.PartsPerMillion / (double)Share.Whole));
        return Math.Clamp(needed, least, Math.Max(least, to.Entry.Replicas.Max));
    }
}
