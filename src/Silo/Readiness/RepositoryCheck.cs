using Krewe.Abstractions;
using Krewe.Serving;

namespace Krewe.Silo;

/// <summary>Ready while this silo can read its folder of models.</summary>
internal sealed class RepositoryCheck(IServingNode node) : IReadinessCheck
{
    public HostReadiness Check() => node.Host.GetReadinessAsync(CancellationToken.None) is { IsCompletedSuccessfully: true } answer
        ? answer.GetAwaiter().GetResult()
        : HostReadiness.NotReady("the folder of models is being read");
}
