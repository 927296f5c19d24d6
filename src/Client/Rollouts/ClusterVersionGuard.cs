using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Client.Cluster;
using Krewe.Client.Control;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.States;

namespace Krewe.Client.Rollouts;

/// <summary>Refuses to delete versions in use, and stops routing to deleted ones.</summary>
internal sealed class ClusterVersionGuard(IClusterSnapshotSource snapshots, IClusterGrains grains, GrainCalls calls, TimeProvider time)
    : IVersionGuard
{
    public async ValueTask<ModelVersion?> FindServingAsync(ModelName model, CancellationToken cancellationToken)
    {
        var traffic = (await calls.AskAsync(() => grains.Model(model).GetTrafficAsync(), cancellationToken)).Traffic;
        return traffic.Aliases.TryGetValue(ModelTraffic.Prod, out var serving) ? serving : null;
    }

    public async ValueTask PublishingAsync(ModelId version, CancellationToken cancellationToken) =>
        await ChangeAsync(version, (grain, _) => grain.PinAsync(version.Version.Number), cancellationToken);

    public async ValueTask RetireAsync(ModelId version, CancellationToken cancellationToken)
    {
        await ChangeAsync(version, (grain, author) => grain.RetireAsync(version.Version.Number, author), cancellationToken);
        await snapshots.RefreshAsync(cancellationToken);
    }

    public async ValueTask RetiredAsync(ModelId version, CancellationToken cancellationToken) =>
        await ChangeAsync(
            version,
            async (grain, author) =>
            {
                await grain.ForgetAsync(version.Version.Number, author);
                await grain.WaitUntilAppliedAsync();
            },
            cancellationToken);

    private Task<bool> ChangeAsync(ModelId version, Func<IModelGrain, ChangeAuthor, Task> change, CancellationToken cancellationToken)
    {
        var author = ChangeAuthor.Itself("an operator deletes it", time.GetUtcNow());
        return calls.AskAsync(
            async () =>
            {
                await change(grains.Model(version.Name), author);
                return true;
            },
            cancellationToken);
    }
}
