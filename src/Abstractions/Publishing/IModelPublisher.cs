using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Publishing;

/// <summary>
/// Adds versions to the repository and removes them, atomically. Versions are immutable. Errors that concern the caller are thrown as
/// <see cref="KreweException"/>, and a failed call leaves nothing behind.
/// </summary>
public interface IModelPublisher
{
    /// <summary>
    /// Reads the content to the end, validates it, loads it once and adds it to the repository; the version is listed when this returns.
    /// Publishing the same files again does nothing. Throws <see cref="KreweErrorCode.Conflict"/> if the version exists with other files or
    /// its signature is incompatible with that of the serving version; <see cref="KreweErrorCode.InvalidInput"/> if the content is not a
    /// model, cannot be loaded, or does not match the announced length or digest; <see cref="KreweErrorCode.PayloadTooLarge"/> beyond
    /// <see cref="PublishRequest.MaxBytes"/>; <see cref="KreweErrorCode.StorageFull"/> if the disk is full;
    /// <see cref="KreweErrorCode.Overloaded"/> if there is no memory for the trial load; <see cref="KreweErrorCode.Unavailable"/> if the
    /// repository is not writable.
    /// </summary>
    ValueTask<PublishedVersion> PublishAsync(ModelId version, Stream content, PublishRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Takes a version out of use, waits for its last calls, and deletes its files. Throws <see cref="KreweErrorCode.Conflict"/> if a route
    /// or alias still refers to it, and <see cref="KreweErrorCode.ModelNotFound"/> or <see cref="KreweErrorCode.VersionNotFound"/> if it
    /// does not exist.
    /// </summary>
    ValueTask DeleteAsync(ModelId version, CancellationToken cancellationToken);
}
