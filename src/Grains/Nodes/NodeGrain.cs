using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Telemetry;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Loads;
using Krewe.Grains.Replicas;
using Krewe.Grains.Routes;
using Krewe.Grains.Silos;
using Krewe.Placement;
using Krewe.Serving.Node;
using Krewe.Telemetry;

namespace Krewe.Grains.Nodes;

/// <summary>A silo's report of its own state and models.</summary>
[GrainType("krewe.node"), NodePlacement, Orleans.Placement.Immovable, CollectionAgeLimit(AlwaysActive = true)]
internal sealed class NodeGrain(
    IServingNode node, NodeCatalog catalog, ReplicaRegistry registry, LocalNode local, LocalLoads loads, AppliedRoutes routes,
    PrometheusExporter metrics, NodeOptions options) : INodeGrain
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

    public async Task<string> GetMetricsAsync()
    {
        using var text = new MemoryStream();
        await metrics.WriteAsync(text, static meter => meter == KreweTelemetry.SiloMeter, CancellationToken.None);
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    public Task LoadAsync(ModelReference model) => model.Version.Number is { } version
        ? loads.LoadAsync(new ModelId(model.Name, version), CancellationToken.None)
        : throw KreweException.InvalidInput($"model '{model}' needs a version number: a silo loads versions by number only");

    public Task ApplyRouteAsync(ModelRoute route) => routes.ApplyAsync(route, CancellationToken.None);
}
