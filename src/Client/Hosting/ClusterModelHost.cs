using System.Diagnostics;
using System.Runtime.CompilerServices;
using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Telemetry;
using Krewe.Client.Control;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.Traffic;

namespace Krewe.Client.Hosting;

/// <summary>The host API over a cluster, for a member or an external client.</summary>
internal sealed class ClusterModelHost(
    IClusterSnapshotSource snapshots, FirstSnapshot firstSnapshot, InferenceRouter router, VersionInvoker invoker, NodeQueries nodes,
    SignatureCache signatures, VersionControl control, TimeProvider time) : IModelHost, IClusterControl
{
    public ValueTask<HostReadiness> GetReadinessAsync(CancellationToken cancellationToken) => new(ReadinessOf(snapshots.Current));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var span = KreweTelemetry.Source.StartActivity("krewe.route");
        using var call = new InferenceCall(request, time, cancellationToken);
        var isNamed = call.Version is not null;
        RoutedCall? routed = null;
        try
        {
            var isLate = snapshots.Current.Nodes.IsEmpty || (!isNamed && snapshots.AreRoutesStale);
            var snapshot = isLate ? await GetSnapshotAsync(call.Token) : snapshots.Current;
            var version = router.Choose(snapshot, call, out routed);
            KreweException? first = null;
            for (var mayRefresh = !isNamed;;)
            {
                var sent = invoker.CallAsync(snapshot, version, call);
                routed?.Sent();
                var result = await sent;
                var isStale = result.IsStale && mayRefresh;
                if (routed?.Next(result) ?? (!isStale && router.TryOlder(snapshots.Current, call, result, ref version)))
                {
                    (snapshot, first) = (snapshots.Current, first ?? result.Error);
                }
                else if (isStale)
                {
                    // The version was retired: the next snapshot has the one that answers instead.
                    await snapshots.RefreshAsync(call.Token);
                    (snapshot, mayRefresh, first) = (snapshots.Current, false, null);
                    version = router.Choose(snapshot, call, out routed);
                }
                else
                {
                    Describe(span, request, routed, result);
                    return result.Response ?? throw ((result.VersionFailed && routed is null ? first : null) ?? result.Error!);
                }
            }
        }
        catch (Exception error) when (span.Failed(error))
        {
            throw;
        }
        catch (OperationCanceledException) when (call.Explain() is { } reason)
        {
            routed?.Cancelled(reason);
            throw reason;
        }
        finally
        {
            routed?.Dispose();
        }
    }

    public async ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(CancellationToken cancellationToken)
    {
        var lists = await nodes.AskAllAsync(await nodes.GetSnapshotAsync(cancellationToken), node => node.ListAsync(), cancellationToken);
        return StatusMerge.Merge(lists.Select(list => list.Answer), snapshots.Current);
    }

    public async ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(ModelName name, CancellationToken cancellationToken)
    {
        var all = await ListAsync(cancellationToken);
        IReadOnlyList<ModelVersionStatus> found = [.. all.Where(status => status.Name == name)];
        return found.Count > 0 ? found : throw UnknownModel.Error(name, all.Select(status => status.Name).Distinct());
    }

    public async ValueTask<bool> IsReadyAsync(ModelReference model, CancellationToken cancellationToken)
    {
        // A load that has just failed is not in the last snapshot.
        await snapshots.RefreshAsync(cancellationToken);
        var snapshot = snapshots.Current;
        if (snapshot.Nodes.IsEmpty)
        {
            return false;
        }

        var version = VersionChoice.Resolve(snapshot, model);
        return snapshot.Nodes.Any(static node => node.Report.NotReady.Length == 0) && version.CanServe
            && DeviceCheck.FindObstacle(snapshot, version) is null;
    }

    public async ValueTask<ModelMetadata> GetMetadataAsync(ModelReference model, CancellationToken cancellationToken)
    {
        var snapshot = await nodes.GetSnapshotAsync(cancellationToken);
        var version = VersionChoice.Resolve(snapshot, model).Id;
        var metadata = await signatures.GetAsync(snapshot, version, cancellationToken);
        return metadata with { Versions = [.. VersionChoice.FindModel(snapshot, version.Name).Versions.Select(other => other.Id.Version)] };
    }

    public async ValueTask<ModelConfiguration> GetConfigurationAsync(ModelReference model, CancellationToken cancellationToken)
    {
        var snapshot = await nodes.GetSnapshotAsync(cancellationToken);
        var version = VersionChoice.Resolve(snapshot, model).Id;
        var reference = new ModelReference(version.Name, VersionSelector.Of(version.Version));
        return (await nodes.AskOneAsync(snapshot, version, node => node.GetConfigurationAsync(reference), cancellationToken)).Answer;
    }

    public ValueTask LoadAsync(ModelReference model, CancellationToken cancellationToken) =>
        new(control.LoadAsync(model, cancellationToken));

    public ValueTask UnloadAsync(ModelReference model, CancellationToken cancellationToken) =>
        new(control.UnloadAsync(model, cancellationToken));

    public async ValueTask<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model, CancellationToken cancellationToken)
    {
        var snapshot = await nodes.GetSnapshotAsync(cancellationToken);
        var named = model is { } reference ? VersionChoice.ResolveAll(snapshot, reference) : [];
        var readings = await nodes.AskAllAsync(snapshot, node => node.GetStatisticsAsync(model), cancellationToken);
        return StatisticsSum.Of(
            [.. named.Select(version => new ModelStatistics { Model = version.Id }), .. readings.SelectMany(reading => reading.Answer)]);
    }

    public async ValueTask<ClusterStatus> GetClusterAsync(CancellationToken cancellationToken)
    {
        await snapshots.RefreshAsync(cancellationToken);
        return ClusterStatusReader.Of(snapshots.Current);
    }

    public ValueTask ClearQuarantineAsync(ModelReference model, CancellationToken cancellationToken) =>
        new(control.ClearQuarantineAsync(model, cancellationToken));

    private static void Describe(Activity? span, InferenceRequest request, RoutedCall? routed, in CallResult result) =>
        span?.SetTag("krewe.model", request.Model.Name.Value).SetTag("krewe.version", result.Response?.Model.Version.ToString())
            .SetTag("krewe.role", routed?.Role.Name());

    private async ValueTask<ClusterSnapshot> GetSnapshotAsync(CancellationToken cancellationToken)
    {
        if (snapshots.Current.Nodes.IsEmpty)
        {
            return await firstSnapshot.WaitAsync(cancellationToken);
        }

        // If the routes cannot be read now either, they have not changed for long: the known ones are used.
        await snapshots.RefreshAsync(cancellationToken);
        return snapshots.Current;
    }

    private static HostReadiness ReadinessOf(ClusterSnapshot snapshot)
    {
        if (snapshot.Nodes.IsEmpty)
        {
            return HostReadiness.NotReady(FirstSnapshot.NoSilo().Message);
        }

        var first = snapshot.Nodes[0].Report;
        return snapshot.Nodes.Any(node => node.Report is { NotReady: "", Settling: "" })
            ? HostReadiness.Ready
            : HostReadiness.NotReady($"silo {first.Name}: {(first.NotReady.Length > 0 ? first.NotReady : first.Settling)}");
    }
}
