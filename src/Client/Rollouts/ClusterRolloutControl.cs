using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Cluster;
using Krewe.Client.Control;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Client.Rollouts;

/// <summary>
/// Controls a model's traffic in a cluster: calls the model's grain, and waits until this process's snapshot shows the change.
/// </summary>
internal sealed class ClusterRolloutControl(IClusterSnapshotSource snapshots, NodeQueries nodes, IClusterGrains grains, GrainCalls calls)
    : IRolloutControl
{
    /// <summary>Polls until the snapshot shows a change that was not pushed to this process; a single poll may miss it.</summary>
    private const int MaxPolls = 5;

    public async ValueTask<RolloutStatus?> GetRolloutAsync(ModelName model, CancellationToken cancellationToken)
    {
        // A caller that reads a step expects its next call here to be routed by it.
        var reading = await ReadAsync(model, cancellationToken);
        await CatchUpAsync(model, reading, cancellationToken);
        return StatusOf(model, reading);
    }

    public async ValueTask<RolloutStatus> StartRolloutAsync(
        ModelName model, RolloutPlan plan, ChangeAuthor author, CancellationToken cancellationToken)
    {
        if (plan.FindErrors() is { Count: > 0 } errors)
        {
            throw KreweException.InvalidInput(string.Join("; ", errors));
        }

        await FindModelAsync(model, cancellationToken);
        var id = Guid.NewGuid().ToString("N");
        return StatusOf(model, await ChangeAsync(model, grain => grain.StartRolloutAsync(plan, id, author), cancellationToken))!;
    }

    public async ValueTask<RolloutStatus> CommandAsync(
        ModelName model, RolloutCommand command, ChangeAuthor author, CancellationToken cancellationToken)
    {
        await FindModelAsync(model, cancellationToken);
        return StatusOf(model,
            await ChangeAsync(model, grain => grain.CommandRolloutAsync(new RolloutOrder(command, author)), cancellationToken))!;
    }

    public async ValueTask<IReadOnlyList<AliasTarget>> GetAliasesAsync(ModelName model, CancellationToken cancellationToken)
    {
        var traffic = (await ReadAsync(model, cancellationToken)).Traffic;
        var newest = snapshots.Current.Models.TryGetValue(model, out var known) ? VersionChoice.NewestBelow(known, null)?.Id.Version : null;
        var unset = new[] { ModelTraffic.Prod, ModelTraffic.Latest }.Where(alias => !traffic.Aliases.ContainsKey(alias));
        return
        [
            .. traffic.Aliases.Select(alias => new AliasTarget(alias.Key, alias.Value, IsSet: true))
                .Concat(unset.Select(alias => new AliasTarget(alias, newest, IsSet: false)))
                .OrderBy(alias => alias.Alias, StringComparer.Ordinal),
        ];
    }

    public async ValueTask SetAliasAsync(
        ModelName model, string alias, ModelVersion version, ChangeAuthor author, CancellationToken cancellationToken)
    {
        var name = AliasName.Parse(alias);
        var id = VersionChoice.Resolve(await FindModelAsync(model, cancellationToken),
            new ModelReference(model, VersionSelector.Of(version))).Id;

        // Load nothing for a change that would be refused.
        var before = await calls.AskAsync(() => grains.Model(model).GetTrafficAsync(), cancellationToken);
        _ = AliasChanges.Set(before.Traffic, name, version, author);
        var reply = await calls.AskAsync(() => grains.Replica(new ReplicaId(id, 0)).LoadAsync(), cancellationToken);
        if (reply.Fault is { } fault)
        {
            throw fault.ToException();
        }

        await ChangeAsync(model, grain => grain.SetAliasAsync(name, version.Number, author), cancellationToken);
    }

    public async ValueTask RemoveAliasAsync(ModelName model, string alias, ChangeAuthor author, CancellationToken cancellationToken)
    {
        var name = AliasName.Parse(alias);
        await FindModelAsync(model, cancellationToken);
        await ChangeAsync(model, grain => grain.RemoveAliasAsync(name, author), cancellationToken);
    }

    public async ValueTask<IReadOnlyList<HistoryEntry>> GetHistoryAsync(ModelName model, CancellationToken cancellationToken) =>
        [.. (await ReadAsync(model, cancellationToken)).Traffic.History.Reverse()];

    private static RolloutStatus? StatusOf(ModelName model, TrafficReading reading) =>
        reading.Traffic.Rollout is { } rollout ? new RolloutStatus(model, rollout, reading.Counts.Steps, reading.Now) : null;

    /// <summary>Finds the model; refreshes the snapshot once if it is unknown, because it may be new.</summary>
    private async Task<ClusterSnapshot> FindModelAsync(ModelName model, CancellationToken cancellationToken)
    {
        var snapshot = await nodes.GetSnapshotAsync(cancellationToken);
        if (!snapshot.Models.ContainsKey(model))
        {
            await snapshots.RefreshAsync(cancellationToken);
            VersionChoice.FindModel(snapshots.Current, model);
        }

        return snapshots.Current;
    }

    private async Task<TrafficReading> ReadAsync(ModelName model, CancellationToken cancellationToken)
    {
        await FindModelAsync(model, cancellationToken);
        return await calls.AskAsync(() => grains.Model(model).GetTrafficAsync(), cancellationToken);
    }

    private async Task<TrafficReading> ChangeAsync(
        ModelName model, Func<IModelGrain, Task<TrafficReading>> change, CancellationToken cancellationToken)
    {
        var reading = await calls.AskAsync(() => change(grains.Model(model)), cancellationToken);
        await CatchUpAsync(model, reading, cancellationToken);
        return reading;
    }

    /// <summary>Waits until this process routes by what was read.</summary>
    private async Task CatchUpAsync(ModelName model, TrafficReading reading, CancellationToken cancellationToken)
    {
        for (var poll = 0; poll < MaxPolls && !IsRoutedBy(model, reading); poll++)
        {
            await snapshots.RefreshAsync(cancellationToken);
        }
    }

    private bool IsRoutedBy(ModelName model, TrafficReading reading) =>
        snapshots.Current.Routes.Routes.TryGetValue(model.Value, out var route) ? route.Epoch >= reading.Epoch
            : TrafficRoute.Of(reading.Traffic).IsDefault;
}
