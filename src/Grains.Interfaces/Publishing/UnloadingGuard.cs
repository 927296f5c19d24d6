using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>Refuses nothing; a version is unloaded in the whole cluster, durably, before its files go.</summary>
internal sealed class UnloadingGuard(IClusterGrains grains, ControlCalls calls, IClusterViewSource views) : IVersionGuard
{
    public ValueTask<ModelVersion?> FindServingAsync(ModelName model, CancellationToken cancellationToken) => new((ModelVersion?)null);

    public ValueTask RetireAsync(ModelId version, CancellationToken cancellationToken) => SetUnloadedAsync(version, unloaded: true, cancellationToken);

    public ValueTask RetiredAsync(ModelId version, CancellationToken cancellationToken) => SetUnloadedAsync(version, unloaded: false, cancellationToken);

    private async ValueTask SetUnloadedAsync(ModelId version, bool unloaded, CancellationToken cancellationToken)
    {
        await calls.AskAsync(() => grains.Model(version.Name).SetUnloadedAsync([version.Version.Number], unloaded), cancellationToken);
        await views.RefreshAsync(cancellationToken);
    }
}
