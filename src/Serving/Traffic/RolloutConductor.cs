using Krewe.Abstractions;
using Krewe.Rollouts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

/// <summary>Moves the rollouts of this process on: looks at each once a second, and stores what was counted every few seconds.</summary>
internal sealed partial class RolloutConductor(
    TrafficLedger ledger, RolloutWarmUp warmUp, ServedModels models, TimeProvider time, ILogger<RolloutConductor> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(5);
    private volatile TaskCompletionSource awake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long savedAt = time.GetTimestamp();

    /// <summary>Has rollouts looked at now rather than at the next turn.</summary>
    public void Wake() => awake.TrySetResult();

    /// <summary>Takes over what was decided, before anything listens.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await OpenAsync();
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Stores what was counted last.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await ForEachAsync(ledger.SaveAsync);
    }

    internal async Task OpenAsync()
    {
        await ledger.OpenAsync();
        if (ledger.IsOwner)
        {
            await ForEachAsync(EndDeletionsAsync);
        }
    }

    /// <summary>One look at everything.</summary>
    internal async Task TurnAsync()
    {
        await ForEachAsync(ConductAsync);
        warmUp.Forget(id => ledger.All.Any(model => model.Traffic.ActiveRollout?.Id == id));
        if (time.GetElapsedTime(savedAt) >= SaveInterval)
        {
            savedAt = time.GetTimestamp();
            await ForEachAsync(ledger.SaveAsync);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (awake.Task.IsCompleted)
            {
                awake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            await TurnAsync();
            await Task.WhenAny(Task.Delay(Interval, time, stoppingToken), awake.Task);
        }
    }

    private async Task ForEachAsync(Func<ModelLedger, Task> work)
    {
        foreach (var model in ledger.All)
        {
            try
            {
                await work(model);
            }
            catch (Exception error)
            {
                LogFailed(error, model.Name);
            }
        }
    }

    private async Task ConductAsync(ModelLedger model)
    {
        await ledger.ReopenAsync(model);
        if (!ledger.IsOwner || model.Stored.Error is not null)
        {
            return;
        }

        if (model.Traffic.ActiveRollout is { } rollout)
        {
            await (rollout.Phase == RolloutPhase.Warming ? WarmAsync(model, rollout) : MoveAsync(model, rollout));
        }
    }

    private async Task WarmAsync(ModelLedger model, Rollout rollout)
    {
        if (rollout.Plan.ReplicaByReplica)
        {
            // The new version has no room before the old one has left, and nobody may ask for that one any more.
            await ChangeAsync(model, rollout, traffic => RolloutMachine.Warmed(traffic, time.GetUtcNow()));
            Wake();
            return;
        }

        var warming = warmUp.Of(model.Name, rollout);
        if (!warming.IsCompleted)
        {
            WakeAfter(warming);
            return;
        }

        var reason = await warming;
        await ChangeAsync(model, rollout, traffic => reason is null
            ? RolloutMachine.Warmed(traffic, time.GetUtcNow())
            : RolloutMachine.WarmUpFailed(traffic, reason, time.GetUtcNow()));
    }

    private async Task MoveAsync(ModelLedger model, Rollout rollout)
    {
        var warming = warmUp.Of(model.Name, rollout);
        if (!warming.IsCompleted)
        {
            WakeAfter(warming);
        }
        else if (rollout.Plan.ReplicaByReplica && await warming is { } reason)
        {
            LogNotWarm(model.Name, reason);
            await ChangeAsync(model, rollout, traffic => RolloutMachine.WarmUpFailed(traffic, reason, time.GetUtcNow()));
            return;
        }

        var now = time.GetUtcNow();
        var move = RolloutDecision.Decide(rollout, ledger.ReadCounts(model.Name).Steps, now);
        await ChangeAsync(model, rollout, traffic => RolloutMachine.Apply(traffic, move, now));
    }

    /// <summary>What was decided about a rollout holds only as long as nobody has changed it meanwhile.</summary>
    private Task<ModelTraffic> ChangeAsync(ModelLedger model, Rollout rollout, Func<ModelTraffic, ModelTraffic> change) => ledger.ChangeAsync(
        model.Name, traffic => ReferenceEquals(traffic.Rollout, rollout) ? change(traffic) : traffic, CancellationToken.None);

    /// <summary>Deletions end with their process: the files of a version are gone by then, or it is as good as before.</summary>
    private async Task EndDeletionsAsync(ModelLedger model)
    {
        foreach (var version in model.Traffic.Retired)
        {
            var isThere = models.Find(new ModelId(model.Name, version)) is not null;
            var author = ChangeAuthor.Itself("the process that was deleting it has ended", time.GetUtcNow());
            await ledger.ChangeAsync(
                model.Name, traffic => isThere ? AliasChanges.Restore(traffic, version, author) : AliasChanges.Forget(traffic, version, author),
                CancellationToken.None);
        }
    }

    private void WakeAfter(Task task) => _ = task.ContinueWith(_ => Wake(), TaskScheduler.Default);
}
