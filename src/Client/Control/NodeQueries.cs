using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Cluster;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Client.Control;

/// <summary>Queries all silos concurrently; slow ones are left out.</summary>
internal sealed class NodeQueries(IClusterSnapshotSource snapshots, FirstSnapshot firstSnapshot, IClusterGrains grains, GrainCalls calls)
{
    /// <summary>The current snapshot; waits for the first one.</summary>
    public ValueTask<ClusterSnapshot> GetSnapshotAsync(CancellationToken cancellationToken) =>
        snapshots.Current is { Nodes.IsEmpty: false } snapshot ? new(snapshot) : firstSnapshot.WaitAsync(cancellationToken);

    /// <summary>Each silo's answer, ordered by silo name.</summary>
    public async Task<IReadOnlyList<(NodeSnapshot Node, T Answer)>> AskAllAsync<T>(
        ClusterSnapshot snapshot, Func<INodeGrain, Task<T>> question, CancellationToken cancellationToken)
        where T : class
    {
        var nodes = snapshot.Nodes.OrderBy(node => node.Report.Name, StringComparer.Ordinal).ToArray();
        var answers = await Task.WhenAll(nodes.Select(node => AskAsync(node, question, cancellationToken)));
        return [.. nodes.Zip(answers).Where(pair => pair.Second is not null).Select(pair => (pair.First, pair.Second!))];
    }

    /// <summary>
    /// The first answer of a silo that has the version; silos without a load error come first. The last one has no timeout, because a
    /// description may have to load the version.
    /// </summary>
    public async Task<(NodeSnapshot Node, T Answer)> AskOneAsync<T>(
        ClusterSnapshot snapshot, ModelId version, Func<INodeGrain, Task<T>> question, CancellationToken cancellationToken)
    {
        KreweException? failure = null;
        var nodes = snapshot.Nodes.Where(node => node.Catalog.ContainsKey(version))
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
                // Try the next silo.
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
            // No answer, or nothing found.
            return null;
        }
    }

    private Task<T> AskNodeAsync<T>(NodeSnapshot node, Func<INodeGrain, Task<T>> question, CancellationToken cancellationToken) =>
        calls.AskSiloBrieflyAsync(node.Report.Name, () => question(grains.Node(node.Address)), cancellationToken);
}
