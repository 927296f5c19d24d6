using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;

namespace Krewe.Serving.Publishing;

/// <summary>
/// Write access to this process's repository: versions are staged beside the models, then added, and removed, by a single rename. Errors
/// are <see cref="KreweException"/>.
/// </summary>
public interface IVersionStore
{
    /// <summary>Identifies the repository and whether it is writable. Creates its id if it has none.</summary>
    Task<RepositoryIdentity> IdentifyAsync();

    /// <summary>Starts staging a version. Dispose the result, committed or not.</summary>
    Task<IStagedVersion> BeginAsync(ModelId version, PublishRequest request);

    /// <summary>When the version was published; null if it does not exist or was added by hand.</summary>
    DateTimeOffset? FindPublished(ModelId version);

    /// <summary>True if the version's path exists, whether it is served or not.</summary>
    bool Contains(ModelId version);

    /// <summary>Deletes a version; it is no longer listed when this returns. False if it does not exist.</summary>
    Task<bool> DeleteAsync(ModelId version, CancellationToken cancellationToken);

    /// <summary>Scans the repository now; an added or removed version is visible when this returns.</summary>
    Task RescanAsync(ModelId version, CancellationToken cancellationToken);
}
