using Krewe.Abstractions;
using Krewe.Grains.Interfaces;

namespace Krewe.Grains;

/// <summary>Where else a version could be served, by this process's picture of the cluster.</summary>
internal static class OtherNodes
{
    /// <summary>The silos that could serve it now, but for one, in no order.</summary>
    public static IEnumerable<NodeView> Candidates(ClusterView view, ModelId model, SiloAddress except) =>
        view.Nodes.Where(node => !node.Address.Equals(except) && CanServe(node, model));

    /// <summary>
    /// The silo that is to take a replica over: one that has the version in memory, else one without a replica of it, else the one
    /// with the most free memory; null where there is none.
    /// </summary>
    public static NodeView? Choose(ClusterView view, ModelId model, SiloAddress except, Func<SiloAddress, long> expectedBytes) =>
        Candidates(view, model, except)
            .OrderBy(node => node.ReplicatedModels.Contains(model))
            .ThenByDescending(node => node.Sessions.Contains(model))
            .ThenByDescending(node => FreeBytes(node) - expectedBytes(node.Address))
            .ThenBy(node => node.Address)
            .FirstOrDefault();

    private static bool CanServe(NodeView node, ModelId model) =>
        node.Report is { IsDraining: false, NotReady: "" }
        && node.Catalog.TryGetValue(model, out var entry)
        && entry.Error.Length == 0
        && (entry.RequiredProvider is not { } provider || node.Report.Providers.Contains(provider))
        && (node.Sessions.Contains(model) || entry.EstimatedBytes <= node.Report.BudgetBytes);

    private static long FreeBytes(NodeView node) => node.Report.BudgetBytes - node.Report.UsedBytes;
}
