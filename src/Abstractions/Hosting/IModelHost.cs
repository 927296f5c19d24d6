using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Hosting;

/// <summary>
/// The port between the protocol endpoints and the models, whether served by a cluster, one silo or this process. Errors that concern the
/// caller are thrown as <see cref="KreweException"/>; every member that takes a name throws <see cref="KreweErrorCode.ModelNotFound"/> or
/// <see cref="KreweErrorCode.VersionNotFound"/> for an unknown one.
/// </summary>
public interface IModelHost
{
    /// <summary>Whether calls can be answered; if not, <see cref="HostReadiness.Reason"/> says why.</summary>
    ValueTask<HostReadiness> GetReadinessAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Runs one inference, loading the version first if it is not in memory. The caller keeps the request alive until the call returns, and
    /// disposes the response. Cancelling the token ends the wait at once with <see cref="OperationCanceledException"/>.
    /// </summary>
    ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken);

    /// <summary>All versions with their states, sorted by name and number.</summary>
    ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The versions of one model, sorted by number.</summary>
    ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(ModelName name, CancellationToken cancellationToken);

    /// <summary>
    /// Whether a call to this model would be answered: it is in the repository, its last load did not fail, and no operator unloaded it. It
    /// need not be in memory.
    /// </summary>
    ValueTask<bool> IsReadyAsync(ModelReference model, CancellationToken cancellationToken);

    /// <summary>The signature of a version, read without loading it.</summary>
    ValueTask<ModelMetadata> GetMetadataAsync(ModelReference model, CancellationToken cancellationToken);

    /// <summary>The effective settings of a version.</summary>
    ValueTask<ModelConfiguration> GetConfigurationAsync(ModelReference model, CancellationToken cancellationToken);

    /// <summary>
    /// Loads and warms up a version now, even if an operator unloaded it or its last load failed. Without a version, all versions that the
    /// model's version policy serves.
    /// </summary>
    ValueTask LoadAsync(ModelReference model, CancellationToken cancellationToken);

    /// <summary>Drains and unloads a version (all versions, if none is named). It stays unloaded until it is loaded explicitly.</summary>
    ValueTask UnloadAsync(ModelReference model, CancellationToken cancellationToken);

    /// <summary>Counters of all versions that were called at least once, or of the given model or version.</summary>
    ValueTask<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model, CancellationToken cancellationToken);
}
