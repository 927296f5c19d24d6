using System.Collections.Concurrent;
using Krewe.Abstractions;
using Krewe.Rollouts;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

/// <summary>
/// What was decided about the traffic of all models, with what is counted for it. A change is on disk before it is in force, and in force
/// before its call returns.
/// </summary>
internal sealed partial class TrafficLedger(
    TrafficStore store, TrafficPublication publication, TallyBook tallies, RollbackCounter rollbacks, ILogger<TrafficLedger> logger) : IDisposable
{
    private readonly ConcurrentDictionary<ModelName, ModelLedger> models = new();
    private readonly SemaphoreSlim opening = new(1, 1);

    /// <summary>The models about which something was decided.</summary>
    public IEnumerable<ModelLedger> All => models.Values;

    /// <summary>Whether this process is the one that moves rollouts on.</summary>
    public bool IsOwner => store.IsOwner;

    /// <summary>Takes over what is stored; before calls are taken.</summary>
    public async Task OpenAsync()
    {
        var names = await store.ListAsync();
        if (names.Count > 0 && !await TryOwnAsync())
        {
            LogNotOwner();
        }

        foreach (var name in names)
        {
            await OpenAsync(name);
        }
    }

    /// <summary>What was decided about a model; throws where that is not known.</summary>
    public ModelTraffic Read(ModelName name) => models.GetValueOrDefault(name)?.Read() ?? ModelTraffic.None;

    /// <summary>What was counted for a model's rollout, whether it is under way or was the last one.</summary>
    public RolloutCounts ReadCounts(ModelName name) => models.GetValueOrDefault(name)?.Stored.CountsWith(tallies) ?? RolloutCounts.None;

    /// <summary>
    /// Makes a change, one at a time for each model: a function of what is in force then, which may throw. A next revision is stored before it
    /// is in force; what makes none is stored with the next <see cref="SaveAsync"/>.
    /// </summary>
    public async Task<ModelTraffic> ChangeAsync(ModelName name, Func<ModelTraffic, ModelTraffic> change, CancellationToken cancellationToken)
    {
        await OwnAsync(cancellationToken);
        var model = models.GetOrAdd(name, static name => new ModelLedger(name));
        await model.Turn.WaitAsync(cancellationToken);
        try
        {
            var before = model.Read();
            var after = change(before);
            if (!ReferenceEquals(before, after))
            {
                await AdoptAsync(model, before, after);
            }

            return after;
        }
        finally
        {
            model.Turn.Release();
        }
    }

    /// <summary>Stores what has been counted, and what was found out without being a change.</summary>
    public async Task SaveAsync(ModelLedger model)
    {
        await model.Turn.WaitAsync();
        try
        {
            if (model.Traffic.ActiveRollout is not null)
            {
                await store.WriteAsync(model.Name, model.Stored with { Counts = model.Stored.CountsWith(tallies) });
            }
        }
        finally
        {
            model.Turn.Release();
        }
    }

    /// <summary>Reads once more what could not be read, where somebody has touched it since.</summary>
    public async Task ReopenAsync(ModelLedger model)
    {
        if (model.Stored.Error is not null && store.LastWritten(model.Name) != model.ReadAt)
        {
            await OpenAsync(model.Name);
            if (model.Stored.Error is null)
            {
                LogMended(model.Name);
            }
        }
    }

    public void Dispose() => opening.Dispose();

    private async Task<bool> TryOwnAsync()
    {
        try
        {
            return await store.TryOwnAsync();
        }
        catch (KreweException)
        {
            // What was decided holds, whether or not anything more can be.
            return false;
        }
    }

    /// <summary>Whoever becomes the owner now may follow on another process, and goes on from what that one has left.</summary>
    private async Task OwnAsync(CancellationToken cancellationToken)
    {
        if (store.IsOwner)
        {
            return;
        }

        await opening.WaitAsync(cancellationToken);
        try
        {
            if (!store.IsOwner && !await store.TryOwnAsync())
            {
                throw KreweException.Conflict(
                    "another process keeps its decisions in this folder of state: ask that one, or give each process a folder of its own with --state");
            }

            foreach (var name in await store.ListAsync())
            {
                await OpenAsync(name);
            }
        }
        finally
        {
            opening.Release();
        }
    }

    private async Task OpenAsync(ModelName name)
    {
        var model = models.GetOrAdd(name, static name => new ModelLedger(name));
        await model.Turn.WaitAsync();
        try
        {
            model.ReadAt = store.LastWritten(name);
            model.Stored = await RepositoryLook.BlockAsync(() => store.Read(name));
            publication.Publish(name, model.Stored);
        }
        finally
        {
            model.Turn.Release();
        }
    }

    private async Task AdoptAsync(ModelLedger model, ModelTraffic before, ModelTraffic after)
    {
        var isOver = before.ActiveRollout is { } rollout && after.ActiveRollout?.Id != rollout.Id;
        var counted = (model.Stored with { Traffic = before }).CountsWith(tallies);
        var next = model.Stored with { Traffic = after, Counts = isOver ? counted : model.Stored.Counts };
        if (after.Revision != before.Revision)
        {
            await store.WriteAsync(model.Name, next with { Counts = isOver ? counted : next.CountsWith(tallies) });
            Tell(model.Name, before, after);
        }

        model.Stored = next;
        publication.Publish(model.Name, next);
        if (isOver)
        {
            // What calls still under way count is left out.
            tallies.Forget(id => models.Values.Any(other => other.Traffic.ActiveRollout?.Id == id));
        }
    }

    private void Tell(ModelName name, ModelTraffic before, ModelTraffic after)
    {
        var change = after.History[^1];
        LogChanged(name, change.What, change.Actor, change.Why);
        if (before.ActiveRollout is not null && after.Rollout is { Phase: RolloutPhase.RolledBack } back)
        {
            rollbacks.Add(name, back.Breach?.Guard);
        }
    }
}
