using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Publishing;

/// <summary>Asked before versions come and go, by whoever decides which of them are used.</summary>
public interface IVersionGuard
{
    /// <summary>
    /// The version that a new one's signature is held against: the one that answers callers who name none. Null leaves it to the newest
    /// one that can serve.
    /// </summary>
    ValueTask<ModelVersion?> FindServingAsync(ModelName model, CancellationToken cancellationToken);

    /// <summary>
    /// Called before a new version appears. Publishing moves no calls: whoever decides about them sees to it that callers who name no
    /// version go on with the one that answers them now.
    /// </summary>
    ValueTask PublishingAsync(ModelId version, CancellationToken cancellationToken);

    /// <summary>
    /// Called before a version's files go. Throws <see cref="KreweErrorCode.Conflict"/> where something names it, saying what and what
    /// to do; otherwise nobody is sent to it any more, and when this returns nobody uses it.
    /// </summary>
    ValueTask RetireAsync(ModelId version, CancellationToken cancellationToken);

    /// <summary>Called when the files are gone: what kept callers away from the version is forgotten.</summary>
    ValueTask RetiredAsync(ModelId version, CancellationToken cancellationToken);
}
