using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces.Tests;

/// <summary>A node grain that only says whether it is where its key says.</summary>
[NodePlacement]
internal sealed class PlacedNodeGrain(ILocalSiloDetails silo) : Grain, INodeGrain
{
    public Task ApplyRouteAsync(ModelRoute route) => this.GetPrimaryKeyString() == silo.SiloAddress.ToParsableString()
        ? Task.CompletedTask
        : throw new InvalidOperationException($"{this.GetPrimaryKeyString()} is on {silo.SiloAddress}");

    public Task<NodeReport> ReportAsync(NodeReportRequest known) => throw new NotSupportedException();

    public Task<IReadOnlyList<ModelVersionStatus>> ListAsync() => throw new NotSupportedException();

    public Task<ModelMetadata> GetMetadataAsync(ModelReference model) => throw new NotSupportedException();

    public Task<ModelConfiguration> GetConfigurationAsync(ModelReference model) => throw new NotSupportedException();

    public Task<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model) => throw new NotSupportedException();

    public Task<IReadOnlyList<MetricFamily>> GetMetricsAsync() => throw new NotSupportedException();

    public Task LoadAsync(ModelReference model) => throw new NotSupportedException();
}
