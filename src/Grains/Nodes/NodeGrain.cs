using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Metrics;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Loads;
using Krewe.Grains.Replicas;
using Krewe.Grains.Routes;
using Krewe.Grains.Silos;
using Krewe.Placement;
using Krewe.Rollouts.Counting;
using Krewe.Serving.Node;

namespace Krewe.Grains.Nodes;

/// <summary>A silo's report of its own state and models.</summary>
[GrainType("krewe.node"), NodePlacement, Orleans.Placement.Immovable, CollectionAgeLimit(AlwaysActive = true)]
internal sealed class NodeGrain(
    IServingNode node, NodeCatalog catalog, ReplicaRegistry registry, LocalNode local, LocalLoads loads, AppliedRoutes routes,
    RollbackCounter rollbacks, NodeOptions options) : INodeGrain
{
    public async Task<NodeReport> ReportAsync(NodeReportRequest known)
    {
        var capacity = node.ReadCapacity();
        var settling = node.Settling;
        var readiness = await node.Host.GetReadinessAsync(CancellationToken.None);
        var (catalogSequence, entries) = catalog.Read();
        var residentSequence = registry.Sequence;
        var report = new NodeReport
        {
            Silo = local.Address.ToParsableString(),
            Name = local.Name,
            IsDraining = local.Read(),
            BudgetBytes = capacity.BudgetBytes,
            UsedBytes = capacity.UsedBytes,
            QueueDepth = capacity.QueueDepth,
            Providers = node.Providers,
            Labels = options.ReadLabels(),
            CatalogSequence = catalogSequence,
            ResidentSequence = residentSequence,
            NotReady = readiness.IsReady ? "" : readiness.Reason,
            Settling = settling,
        };

        // The grain key contains the silo's generation, so sequences never restart for a reader.
        report = known.CatalogSequence >= catalogSequence ? report : report with { Catalog = entries };
        return known.ResidentSequence >= residentSequence
            ? report
            : report with { Sessions = node.ReadSessions(), Replicas = registry.ReadReplicas() };
    }

    public async Task<IReadOnlyList<ModelVersionStatus>> ListAsync() => await node.Host.ListAsync(CancellationToken.None);

    public async Task<ModelMetadata> GetMetadataAsync(ModelReference model) =>
        await node.Host.GetMetadataAsync(model, CancellationToken.None);

    public async Task<ModelConfiguration> GetConfigurationAsync(ModelReference model) =>
        await node.Host.GetConfigurationAsync(model, CancellationToken.None);

    public async Task<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model) =>
        await node.Host.GetStatisticsAsync(model, CancellationToken.None);

    public async Task<IReadOnlyList<MetricFamily>> GetMetricsAsync() =>
        [.. await node.Host.GetMetricsAsync(CancellationToken.None), rollbacks.Read()];

    public Task LoadAsync(ModelReference model) => model.Version.Number is { } version
        ? loads.LoadAsync(new ModelId(model.Name, version), CancellationToken.None)
        : throw KreweException.InvalidInput($"model '{model}' needs a version number: a silo loads versions by number only");

    public Task ApplyRouteAsync(ModelRoute route) => routes.ApplyAsync(route, CancellationToken.None);
}
