using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Cluster;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Client.Control;

/// <summary>Puts questions to all silos at once; one that does not answer soon is left out.</summary>
internal sealed class NodeQueries(IClusterSnapshotSource views, FirstSnapshot firstLook, IClusterGrains grains, GrainCalls calls)
{
    /// <summary>The snapshot now; waits for the first one.</summary>
    public ValueTask<ClusterSnapshot> LookAsync(CancellationToken cancellationToken) =>
        views.Current is { Nodes.IsEmpty: false } view ? new(view) : firstLook.WaitAsync(cancellationToken);

    /// <summary>What each silo answers, in the order of their names.</summary>
    public async Task<IReadOnlyList<(NodeSnapshot Node, T Answer)>> AskAllAsync<T>(
        ClusterSnapshot view, Func<INodeGrain, Task<T>> question, CancellationToken cancellationToken)
        where T : class
    {
        var nodes = view.Nodes.OrderBy(node => node.Report.Name, StringComparer.Ordinal).ToArray();
        var answers = await Task.WhenAll(nodes.Select(node => AskAsync(node, question, cancellationToken)));
        return [.. nodes.Zip(answers).Where(pair => pair.Second is not null).Select(pair => (pair.First, pair.Second!))];
    }

    /// <summary>
    /// The answer of the first silo that has a version and gives one; those where it has no error come first. The last one may take its
    /// time: a description may have to load the version.
    /// </summary>
    public async Task<(NodeSnapshot Node, T Answer)> AskOneAsync<T>(
        ClusterSnapshot view, ModelId version, Func<INodeGrain, Task<T>> question, CancellationToken cancellationToken)
    {
        KreweException? failure = null;
        var nodes = view.Nodes.Where(node => node.Catalog.ContainsKey(version))
            .OrderBy(node => node.Catalog[version].Error.Length > 0)
            .ThenBy(node => node.Report.IsDraining).ToArray();
        foreach (var node in nodes)
        {
            try
            {
                return (node, node == nodes[^1]
                    ? await calls.AskSiloAsync(node.Report.Name, () => question(grains.Node(node.Address)), cancellationToken)
                    : await AskNodeAsync(node, question, cancellationToken));
            }
            catch (KreweException error)
            {
                // Another may have it as well.
                failure ??= error;
            }
        }

        throw failure ?? KreweException.Unavailable($"no silo that has model '{version}' answers", TimeSpan.FromSeconds(1));
    }

    private async Task<T?> AskAsync<T>(NodeSnapshot node, Func<INodeGrain, Task<T>> question, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await AskNodeAsync(node, question, cancellationToken);
        }
        catch (KreweException)
        {
            // It does not answer, or does not have what was asked for.
            return null;
        }
    }

    private Task<T> AskNodeAsync<T>(NodeSnapshot node, Func<INodeGrain, Task<T>> question, CancellationToken cancellationToken) =>
        calls.AskSiloBrieflyAsync(node.Report.Name, () => question(grains.Node(node.Address)), cancellationToken);
}
