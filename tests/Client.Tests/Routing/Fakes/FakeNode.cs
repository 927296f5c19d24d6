using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Client.Tests.Routing.Fakes;

/// <summary>A silo's word on its models, as a test has it.</summary>
internal sealed class FakeNode : INodeGrain
{
    /// <summary>Set where the silo does not answer.</summary>
    public bool IsLost { get; set; }

    public IReadOnlyList<ModelVersionStatus> List { get; set; } = [];

    public IReadOnlyList<ModelStatistics> Statistics { get; set; } = [];

    public string Metrics { get; set; } = "";

    public Func<ModelReference, ModelMetadata>? Metadata { get; set; }

    /// <summary>How long a signature takes, as where the version has to be loaded for it.</summary>
    public TimeSpan MetadataTime { get; set; }

    public int MetadataQuestions { get; private set; }

    public Task<NodeReport> ReportAsync(NodeReportRequest known) => throw new NotSupportedException();

    public Task<IReadOnlyList<ModelVersionStatus>> ListAsync() => Answer(List);

    public async Task<ModelMetadata> GetMetadataAsync(ModelReference model)
    {
        MetadataQuestions++;
        await Task.Delay(MetadataTime);
        return await Answer(Metadata!(model));
    }

    public Task<ModelConfiguration> GetConfigurationAsync(ModelReference model) => throw new NotSupportedException();

    public Task<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model) => Answer(Statistics);

    public Task<string> GetMetricsAsync() => Answer(Metrics);

    public Task LoadAsync(ModelReference model) => throw new NotSupportedException();

    public Task ApplyRouteAsync(ModelRoute route) => throw new NotSupportedException();

    private Task<T> Answer<T>(T answer) =>
        IsLost ? Task.FromException<T>(new SiloUnavailableException("gone")) : Task.FromResult(answer);
}
