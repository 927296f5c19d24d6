using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.Traffic;

/// <summary>Whoever can call one version of a model: this process's sessions, or a cluster's replicas.</summary>
public interface IVersionCaller
{
    /// <summary>
    /// Runs an inference on exactly this version, whatever the request's own reference says, within the request's time limit counted from
    /// now. Throws what <see cref="IModelHost.InferAsync"/> throws. A background request is refused at once with
    /// <see cref="KreweErrorCode.Overloaded"/> or <see cref="KreweErrorCode.Unavailable"/> where there is no room for it.
    /// </summary>
    ValueTask<InferenceResponse> CallAsync(InferenceRequest request, ModelVersion version, CancellationToken cancellationToken);
}
