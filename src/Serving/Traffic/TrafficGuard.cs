using Krewe.Abstractions;
using Krewe.Rollouts;

namespace Krewe.Serving;

/// <summary>Keeps versions that something names from being deleted, and takes those that are out of use first.</summary>
internal sealed class TrafficGuard(TrafficLedger ledger, ServedModels models, VersionLoader loader, TimeProvider time) : IVersionGuard
{
    public ValueTask<ModelVersion?> FindServingAsync(ModelName model, CancellationToken cancellationToken) =>
        new(ledger.Read(model).Aliases.TryGetValue(ModelTraffic.Prod, out var serving) ? serving : null);

    public async ValueTask PublishingAsync(ModelId version, CancellationToken cancellationToken)
    {
        if (models.FindNewest(version.Name) is { } serving && serving.Id != version)
        {
            await ledger.ChangeAsync(
                version.Name, traffic => AliasChanges.Pin(traffic, serving.Id.Version, version.Version, time.GetUtcNow()), cancellationToken);
        }
    }

    public async ValueTask RetireAsync(ModelId version, CancellationToken cancellationToken)
    {
        var author = ChangeAuthor.Itself("an operator deletes it", time.GetUtcNow());
        await ledger.ChangeAsync(version.Name, traffic => AliasChanges.Retire(traffic, version.Version, author), cancellationToken);
        if (models.Find(version) is { } served)
        {
            await loader.DrainExcludedAsync(served).WaitAsync(cancellationToken);
        }
    }

    public async ValueTask RetiredAsync(ModelId version, CancellationToken cancellationToken)
    {
        var author = ChangeAuthor.Itself("", time.GetUtcNow());
        await ledger.ChangeAsync(version.Name, traffic => AliasChanges.Forget(traffic, version.Version, author), cancellationToken);
    }
}
