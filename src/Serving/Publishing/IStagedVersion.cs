using Krewe.Abstractions.Errors;

namespace Krewe.Serving.Publishing;

/// <summary>
/// A version on its way into the repository. Its members are called one after the other, in this order; disposing it without a commit
/// leaves nothing behind.
/// </summary>
public interface IStagedVersion : IAsyncDisposable
{
    /// <summary>Bytes that have come so far.</summary>
    long Length { get; }

    /// <summary>Takes the next bytes; done when they are written.</summary>
    ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>
    /// All bytes are there: checks the digest, unpacks, and checks the files against the model's settings. Throws where they cannot be
    /// served, and <see cref="KreweErrorCode.Conflict"/> where the version exists with other files.
    /// </summary>
    /// <param name="publishedAt">What is recorded as the time, the same in all repositories of a cluster.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    Task<StagedContent> CompleteAsync(DateTimeOffset publishedAt, CancellationToken cancellationToken);

    /// <summary>Loads the version once and frees it again, within the memory budget; throws where it cannot be loaded.</summary>
    Task LoadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Puts the version into the repository; when this is over it is listed there. False where the same files were there first; throws
    /// <see cref="KreweErrorCode.Conflict"/> where others were.
    /// </summary>
    Task<bool> CommitAsync(CancellationToken cancellationToken);
}
