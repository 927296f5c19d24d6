using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Publishing;

/// <summary>
/// Puts versions into the repository and takes them out, whole or not at all. Versions are immutable: what exists is never changed.
/// Every failure that the caller should know of is a <see cref="KreweException"/>, and leaves nothing behind.
/// </summary>
public interface IModelPublisher
{
    /// <summary>
    /// Reads the content to its end, checks it, loads it once and puts it into the repository; when this returns it is listed. The same
    /// files again change nothing. Throws <see cref="KreweErrorCode.Conflict"/> where the version exists with other files, or where the
    /// signature does not fit that of the serving version; <see cref="KreweErrorCode.InvalidInput"/> for bytes that are no model, that
    /// cannot be loaded, or that are not those announced; <see cref="KreweErrorCode.PayloadTooLarge"/> beyond
    /// <see cref="PublishRequest.MaxBytes"/>; <see cref="KreweErrorCode.StorageFull"/> where the disk has no room;
    /// <see cref="KreweErrorCode.Overloaded"/> where there is no memory to try the load in; <see cref="KreweErrorCode.Unavailable"/> for a
    /// repository that cannot be written.
    /// </summary>
    ValueTask<PublishedVersion> PublishAsync(ModelId version, Stream content, PublishRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Takes a version out of use, waits for its last calls, and deletes its files. Throws <see cref="KreweErrorCode.Conflict"/> where
    /// something still names it, and <see cref="KreweErrorCode.ModelNotFound"/> or <see cref="KreweErrorCode.VersionNotFound"/> where it
    /// is not there.
    /// </summary>
    ValueTask DeleteAsync(ModelId version, CancellationToken cancellationToken);
}
