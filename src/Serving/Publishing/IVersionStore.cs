using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;

namespace Krewe.Serving.Publishing;

/// <summary>
/// This process's repository as somebody sees it who changes it: versions are staged beside the models and come in by one rename, and
/// they go out by one. Failures are <see cref="KreweException"/>.
/// </summary>
public interface IVersionStore
{
    /// <summary>Says which repository this is and whether it can be changed. Makes its name where it has none.</summary>
    Task<RepositoryIdentity> IdentifyAsync();

    /// <summary>Makes room for a version that is going to come. Dispose what is returned, committed or not.</summary>
    Task<IStagedVersion> BeginAsync(ModelId version, PublishRequest request);

    /// <summary>When the version was published; null where it is not there or was put there by hand.</summary>
    DateTimeOffset? FindPublished(ModelId version);

    /// <summary>True where something lies at the version's place, served or not.</summary>
    bool Contains(ModelId version);

    /// <summary>Takes a version's files away; when this is over it is not listed any more. False where it is not there.</summary>
    Task<bool> DeleteAsync(ModelId version, CancellationToken cancellationToken);

    /// <summary>Looks at the repository now; when this is over, a version that has come or gone shows.</summary>
    Task LookAsync(ModelId version, CancellationToken cancellationToken);
}
