using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Cluster;

/// <summary>Operations that only a cluster host supports.</summary>
public interface IClusterControl
{
    /// <summary>The silos with their devices, budgets and replicas.</summary>
    ValueTask<ClusterStatus> GetClusterAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Releases a version from quarantine so that it can be loaded again. Throws <see cref="KreweErrorCode.ModelNotFound"/> or
    /// <see cref="KreweErrorCode.VersionNotFound"/> if unknown; does nothing if it is not quarantined. A reference without a version means
    /// all versions of the model.
    /// </summary>
    ValueTask ClearQuarantineAsync(ModelReference model, CancellationToken cancellationToken);
}
