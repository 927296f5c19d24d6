using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Models;

namespace Krewe.Access.Scopes;

/// <summary>The cluster as an operator of some models knows it: the silos with their own figures, and no names of others.</summary>
internal sealed class ScopedClusterControl(IClusterControl inner, CallerScope scope) : IClusterControl
{
    public async ValueTask<ClusterStatus> GetClusterAsync(CancellationToken cancellationToken)
    {
        var status = await inner.GetClusterAsync(cancellationToken);
        return scope.IsEverything ? status : new ClusterStatus(
            [.. status.Silos.Select(silo => silo with
            {
                Sessions = [.. silo.Sessions.Where(model => scope.Sees(model.Name))],
                Replicas = [.. silo.Replicas.Where(replica => scope.Sees(replica.Model.Name))],
                NotReady = silo.NotReady.Length > 0 ? "not ready" : "",
            })],
            [.. status.Quarantined.Where(version => scope.Sees(version.Model.Name))]);
    }

    public ValueTask ClearQuarantineAsync(ModelReference model, CancellationToken cancellationToken)
    {
        scope.Check(model.Name);
        return inner.ClearQuarantineAsync(model, cancellationToken);
    }
}
