using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Metrics;
using Krewe.Abstractions.Models;
using Krewe.Client.Admission;
using Krewe.Client.Control;
using Krewe.Client.Counters;
using Krewe.Client.Retrying;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Rollouts.Counting;

namespace Krewe.Client.Hosting;

/// <summary>The host API over a cluster, for a member or an external client.</summary>
internal sealed class ClusterModelHost(
    IClusterSnapshotSource snapshots, InferenceRouter router, NodeQueries nodes, SignatureCache signatures, VersionControl control,
    RoutingCounters counters, RetryBudget budget, CallAdmission admission, TrafficBook book, RouteMeter meter) : IModelHost, IClusterControl
{
    public ValueTask<HostReadiness> GetReadinessAsync(CancellationToken cancellationToken) => new(ReadinessOf(snapshots.Current));

    public ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken) =>
        router.InferAsync(request, cancellationToken);

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

    public async ValueTask<IReadOnlyList<MetricFamily>> GetMetricsAsync(CancellationToken cancellationToken)
    {
        var readings = await nodes.AskAllAsync(snapshots.Current, node => node.GetMetricsAsync(), cancellationToken);
        return
        [
            .. RoutingMetrics.Read(counters, budget, admission, book),
            .. RoutingMetrics.Read(meter, snapshots.Current),
            .. MetricMerge.Merge(readings.Select(reading => (reading.Node.Report.Name, reading.Answer))),
        ];
    }

    public async ValueTask<ClusterStatus> GetClusterAsync(CancellationToken cancellationToken)
    {
        await snapshots.RefreshAsync(cancellationToken);
        return ClusterStatusReader.Of(snapshots.Current);
    }

    public ValueTask ClearQuarantineAsync(ModelReference model, CancellationToken cancellationToken) =>
        new(control.ClearQuarantineAsync(model, cancellationToken));

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
