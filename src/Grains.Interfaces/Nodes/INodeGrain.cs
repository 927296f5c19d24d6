using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Orleans.Concurrency;

namespace Krewe.Grains.Interfaces.Nodes;

/// <summary>
/// One silo as other processes see it: its repository, memory and models. Its key is the silo's address as
/// <see cref="SiloAddress.ToParsableString"/> writes it; it lives on that silo and ends with it.
/// </summary>
[Alias("krewe.node")]
public interface INodeGrain : IGrainWithStringKey
{
    /// <summary>The state of the silo, without lists that the reader has already. Polled about twice a second.</summary>
    [AlwaysInterleave, ResponseTimeout("00:00:02"), Alias("report")]
    Task<NodeReport> ReportAsync(NodeReportRequest known);

    /// <summary>The silo's versions with their states.</summary>
    [AlwaysInterleave, Alias("list")]
    Task<IReadOnlyList<ModelVersionStatus>> ListAsync();

    /// <summary>The signature of a version of this silo's repository.</summary>
    [AlwaysInterleave, Alias("metadata")]
    Task<ModelMetadata> GetMetadataAsync(ModelReference model);

    /// <summary>The settings in force for a version on this silo.</summary>
    [AlwaysInterleave, Alias("configuration")]
    Task<ModelConfiguration> GetConfigurationAsync(ModelReference model);

    /// <summary>Counters of this silo's versions that match a reference, or of all that were called.</summary>
    [AlwaysInterleave, Alias("statistics")]
    Task<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model);

    /// <summary>The metrics of this silo's models as Prometheus text.</summary>
    [AlwaysInterleave, Alias("metrics-text")]
    Task<string> GetMetricsAsync();

    /// <summary>Loads a version into this silo's memory, ahead of a replica.</summary>
    [AlwaysInterleave, ResponseTimeout("01:00:00"), Alias("load")]
    Task LoadAsync(ModelReference model);

    /// <summary>Applies a route now instead of at the next poll; returns once excluded versions have drained.</summary>
    [AlwaysInterleave, ResponseTimeout("00:10:00"), Alias("apply-route")]
    Task ApplyRouteAsync(ModelRoute route);
}
