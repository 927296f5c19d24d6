using Krewe.Abstractions.Errors;

namespace Krewe.Serving.Publishing;

/// <summary>
/// A version being published. Call the members one at a time, in this order; disposing without a commit leaves nothing behind.
/// </summary>
public interface IStagedVersion : IAsyncDisposable
{
    /// <summary>Bytes received so far.</summary>
    long Length { get; }

    /// <summary>Appends bytes; completes when they are written.</summary>
    ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>
    /// Finishes the upload: verifies the digest, unpacks, and validates the files against the model's settings. Throws if they cannot be
    /// served, and <see cref="KreweErrorCode.Conflict"/> if the version exists with other files.
    /// </summary>
    /// <param name="publishedAt">The publish time to record, the same in all repositories of a cluster.</param>
    /// <param name="cancellationToken">Cancels between two steps.</param>
    Task<StagedContent> CompleteAsync(DateTimeOffset publishedAt, CancellationToken cancellationToken);

    /// <summary>Loads the version once within the memory budget and frees it again; throws if it cannot be loaded.</summary>
    Task LoadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Moves the version into the repository; it is listed when this returns. False if the same files already existed; throws
    /// <see cref="KreweErrorCode.Conflict"/> if other files did.
    /// </summary>
    Task<bool> CommitAsync(CancellationToken cancellationToken);
}
