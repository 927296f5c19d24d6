using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Publishing;

/// <summary>Called before versions are added and removed; implemented by the owner of routes and rollouts.</summary>
public interface IVersionGuard
{
    /// <summary>
    /// The version that a new signature is validated against: the one that answers calls without a version. Null selects the newest
    /// servable version.
    /// </summary>
    ValueTask<ModelVersion?> FindServingAsync(ModelName model, CancellationToken cancellationToken);

    /// <summary>
    /// Called before a new version appears. Publishing must not move traffic: the implementation keeps calls without a version on the
    /// version that answers them now.
    /// </summary>
    ValueTask PublishingAsync(ModelId version, CancellationToken cancellationToken);

    /// <summary>
    /// Called before the files of a version are deleted. Throws <see cref="KreweErrorCode.Conflict"/> if something refers to it, naming the
    /// reference and the remedy. Otherwise no new calls are routed to it, and it is unused when this returns.
    /// </summary>
    ValueTask RetireAsync(ModelId version, CancellationToken cancellationToken);

    /// <summary>Called after the files are deleted: drops the state that kept calls away from the version.</summary>
    ValueTask RetiredAsync(ModelId version, CancellationToken cancellationToken);
}
