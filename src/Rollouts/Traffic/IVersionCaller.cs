using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.Traffic;

/// <summary>Calls one version of a model: this process's sessions, or a cluster's replicas.</summary>
public interface IVersionCaller
{
    /// <summary>
    /// Runs an inference on exactly this version, ignoring the request's own selector. The request's timeout starts now. Throws what
    /// <see cref="IModelHost.InferAsync"/> throws. A background request without spare capacity fails at once with
    /// <see cref="KreweErrorCode.Overloaded"/> or <see cref="KreweErrorCode.Unavailable"/>.
    /// </summary>
    ValueTask<InferenceResponse> CallAsync(InferenceRequest request, ModelVersion version, CancellationToken cancellationToken);
}
