using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Grains.Tests.Models;

/// <summary>A node whose way to apply routes a test gives.</summary>
internal sealed class ScriptedNode(Func<ModelRoute, Task> apply) : INodeGrain
{
    public Task ApplyRouteAsync(ModelRoute route) => apply(route);

    public Task<NodeReport> ReportAsync(NodeReportRequest known) => throw new NotSupportedException();

    public Task<IReadOnlyList<ModelVersionStatus>> ListAsync() => throw new NotSupportedException();

    public Task<ModelMetadata> GetMetadataAsync(ModelReference model) => throw new NotSupportedException();

    public Task<ModelConfiguration> GetConfigurationAsync(ModelReference model) => throw new NotSupportedException();

    public Task<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model) => throw new NotSupportedException();

    public Task<string> GetMetricsAsync() => throw new NotSupportedException();

    public Task LoadAsync(ModelReference model) => throw new NotSupportedException();
}
