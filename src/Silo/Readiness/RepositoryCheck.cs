using Krewe.Abstractions;
using Krewe.Serving;

namespace Krewe.Silo;

/// <summary>Ready while this silo can read its folder of models.</summary>
internal sealed class RepositoryCheck(IServingNode node) : IReadinessCheck
{
    public ValueTask<HostReadiness> CheckAsync(CancellationToken cancellationToken) => node.Host.GetReadinessAsync(cancellationToken);
}
