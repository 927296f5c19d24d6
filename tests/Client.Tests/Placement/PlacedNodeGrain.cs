using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Tests.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Placement;

namespace Krewe.Client.Tests.Placement;

/// <summary>A node grain that says whether it is where its key says, and reports one version.</summary>
[NodePlacement]
internal sealed class PlacedNodeGrain(ILocalSiloDetails silo) : Grain, INodeGrain
{
    public Task ApplyRouteAsync(ModelRoute route) => this.GetPrimaryKeyString() == silo.SiloAddress.ToParsableString()
        ? Task.CompletedTask
        : throw new InvalidOperationException($"{this.GetPrimaryKeyString()} is on {silo.SiloAddress}");

    public Task<NodeReport> ReportAsync(NodeReportRequest known) =>
        Task.FromResult(TestNodes.Report(silo.SiloAddress.Endpoint.Port, TestNodes.Entry("a", silo.SiloAddress.Endpoint.Port)));

    public Task<IReadOnlyList<ModelVersionStatus>> ListAsync() => throw new NotSupportedException();

    public Task<ModelMetadata> GetMetadataAsync(ModelReference model) => throw new NotSupportedException();

    public Task<ModelConfiguration> GetConfigurationAsync(ModelReference model) => throw new NotSupportedException();

    public Task<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model) => throw new NotSupportedException();

    public Task<string> GetMetricsAsync() => throw new NotSupportedException();

    public Task LoadAsync(ModelReference model) => throw new NotSupportedException();
}
