using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Rollouts.Plans;

namespace Krewe.Grains.Rollouts;

/// <summary>How many replicas a rollout's new version needs. Pure functions of the snapshot.</summary>
internal static class RolloutReplicas
{
    /// <summary>Replicas of a version that are in memory.</summary>
    public static int Count(ClusterSnapshot snapshot, ModelId version) => snapshot.Nodes
        .Where(node => node.Sessions.Contains(version))
        .SelectMany(node => node.Replicas.Where(replica => replica.Model == version))
        .Distinct()
        .Count();

    /// <summary>
    /// The replicas needed for a share of the calls that the old version's replicas answer now, within the new version's settings.
    /// </summary>
    public static int Wanted(ClusterSnapshot snapshot, ModelId from, CatalogVersion to, Share share)
    {
        var least = Math.Max(1, to.Entry.Replicas.Min);
        var needed = (int)Math.Ceiling(Count(snapshot, from) * (share.PartsPerMillion / (double)Share.Whole));
        return Math.Clamp(needed, least, Math.Max(least, to.Entry.Replicas.Max));
    }
}
