using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Cluster;

/// <summary>What only a host that is a cluster can be asked.</summary>
public interface IClusterControl
{
    /// <summary>The silos with their devices, budgets and replicas.</summary>
    ValueTask<ClusterStatus> GetClusterAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Lets a quarantined version be loaded again. Throws <see cref="KreweErrorCode.ModelNotFound"/> or
    /// <see cref="KreweErrorCode.VersionNotFound"/> for an unknown one; nothing happens to one that is not quarantined. A reference that
    /// names no version means all of the model.
    /// </summary>
    ValueTask ClearQuarantineAsync(ModelReference model, CancellationToken cancellationToken);
}
