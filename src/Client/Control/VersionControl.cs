using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Cluster;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Control;

/// <summary>
/// Operators' actions on versions: load, unload, clear quarantine. When a call returns, this process's snapshot shows it.
/// </summary>
internal sealed class VersionControl(
    IClusterSnapshotSource snapshots, NodeQueries nodes, IClusterGrains grains, TrafficRegistry traffics, GrainCalls calls)
{
    /// <inheritdoc cref="IModelHost.LoadAsync"/>
    public async Task LoadAsync(ModelReference model, CancellationToken cancellationToken)
    {
        var (snapshot, versions) = await ResolveAsync(model, cancellationToken);
        foreach (var version in versions)
        {
            if (version.Quarantine is { } reason)
            {
                throw VersionChoice.NotAvailable(version.Id, reason);
            }

            if (DeviceCheck.FindObstacle(snapshot, version) is { } obstacle)
            {
                throw obstacle;
            }
        }

        await SetUnloadedAsync(model.Name, versions, unloaded: false, cancellationToken);
        await snapshots.RefreshAsync(cancellationToken);
        foreach (var version in versions)
        {
            traffics.Find(version.Id)?.ForgetFailures();
            var reply = await calls.AskAsync(() => grains.Replica(new ReplicaId(version.Id, 0)).LoadAsync(), cancellationToken);
            if (reply.Fault is { } fault)
            {
                throw fault.ToException();
            }
        }

        await snapshots.RefreshAsync(cancellationToken);
    }

    /// <inheritdoc cref="IModelHost.UnloadAsync"/>
    public async Task UnloadAsync(ModelReference model, CancellationToken cancellationToken)
    {
        var (_, versions) = await ResolveAsync(model, cancellationToken);
        await SetUnloadedAsync(model.Name, versions, unloaded: true, cancellationToken);
        await snapshots.RefreshAsync(cancellationToken);
    }

    /// <inheritdoc cref="IClusterControl.ClearQuarantineAsync"/>
    public async Task ClearQuarantineAsync(ModelReference model, CancellationToken cancellationToken)
    {
        await snapshots.RefreshAsync(cancellationToken);
        var (_, versions) = await ResolveAsync(model, cancellationToken);
        foreach (var version in versions.Where(version => version.Quarantine is not null))
        {
            await calls.AskAsync(
                async () =>
                {
                    await grains.Version(version.Id).ClearQuarantineAsync();
                    var route = await grains.Model(version.Id.Name).ClearQuarantineAsync(version.Id.Version.Number);
                    await grains.Model(version.Id.Name).WaitUntilAppliedAsync();
                    return route;
                },
                cancellationToken);
            traffics.Find(version.Id)?.ForgetFailures();
        }

        await snapshots.RefreshAsync(cancellationToken);
    }

    /// <summary>Resolves versions; refreshes the snapshot once if they are unknown, because they may be new.</summary>
    private async Task<(ClusterSnapshot Snapshot, IReadOnlyList<CatalogVersion> Versions)> ResolveAsync(
        ModelReference model, CancellationToken cancellationToken)
    {
        var snapshot = await nodes.GetSnapshotAsync(cancellationToken);
        try
        {
            return (snapshot, VersionChoice.ResolveAll(snapshot, model));
        }
        catch (KreweException error) when (error.Code is KreweErrorCode.ModelNotFound or KreweErrorCode.VersionNotFound)
        {
            await snapshots.RefreshAsync(cancellationToken);
            return (snapshots.Current, VersionChoice.ResolveAll(snapshots.Current, model));
        }
    }

    private Task<ModelRoute> SetUnloadedAsync(
        ModelName name, IReadOnlyList<CatalogVersion> versions, bool unloaded, CancellationToken cancellationToken)
    {
        long[] numbers = [.. versions.Select(version => version.Id.Version.Number)];
        return calls.AskAsync(
            async () =>
            {
                var route = await grains.Model(name).SetUnloadedAsync(numbers, unloaded);
                await grains.Model(name).WaitUntilAppliedAsync();
                return route;
            },
            cancellationToken);
    }
}
