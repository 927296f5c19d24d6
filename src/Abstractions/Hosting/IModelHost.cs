using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Metrics;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Hosting;

/// <summary>
/// The port between the wire and whatever serves: the models of a cluster, of one silo or more, or those of this process alone. Every
/// failure that the caller should know of is a <see cref="KreweException"/>; an unknown name is <see cref="KreweErrorCode.ModelNotFound"/>
/// or <see cref="KreweErrorCode.VersionNotFound"/> from every member that takes one.
/// </summary>
public interface IModelHost
{
    /// <summary>Whether calls can be answered; <see cref="HostReadiness.Reason"/> says why not.</summary>
    ValueTask<HostReadiness> GetReadinessAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Runs one inference, loading the version first where it is not in memory. The caller keeps the request until the call is
    /// over and disposes the response. A cancelled token ends the wait at once with <see cref="OperationCanceledException"/>.
    /// </summary>
    ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken);

    /// <summary>All versions there are, ordered by name and number, with their states.</summary>
    ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The versions of one model, ordered by number.</summary>
    ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(ModelName name, CancellationToken cancellationToken);

    /// <summary>
    /// Whether a call for this model would be answered: it is in the repository, its last load did not fail, and no operator
    /// unloaded it. It need not be in memory.
    /// </summary>
    ValueTask<bool> IsReadyAsync(ModelReference model, CancellationToken cancellationToken);

    /// <summary>The signature of a version, without loading it.</summary>
    ValueTask<ModelMetadata> GetMetadataAsync(ModelReference model, CancellationToken cancellationToken);

    /// <summary>The settings in force for a version.</summary>
    ValueTask<ModelConfiguration> GetConfigurationAsync(ModelReference model, CancellationToken cancellationToken);

    /// <summary>
    /// Loads and warms a version now (all versions that the model's policy serves where the reference names none), also one that an
    /// operator unloaded or whose last load failed.
    /// </summary>
    ValueTask LoadAsync(ModelReference model, CancellationToken cancellationToken);

    /// <summary>
    /// Drains and unloads a version (all of them where the reference names none); it stays out until it is loaded explicitly.
    /// </summary>
    ValueTask UnloadAsync(ModelReference model, CancellationToken cancellationToken);

    /// <summary>Counters of the versions that were called at least once, or of one model or version where one is named.</summary>
    ValueTask<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model, CancellationToken cancellationToken);

    /// <summary>A reading of every metric of this process.</summary>
    ValueTask<IReadOnlyList<MetricFamily>> GetMetricsAsync(CancellationToken cancellationToken);
}
