using Krewe.Abstractions;
using Krewe.Grains.Interfaces;
using Krewe.Rollouts;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

/// <summary>
/// Carries a model's rollout out: has the new version warmed up, looks at the counts once a second, and does what
/// <see cref="RolloutDecision"/> finds. To be used from the grain's own turns only.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="changes">Where decisions are kept.</param>
/// <param name="ledger">What was counted.</param>
/// <param name="warmUp">Loads versions.</param>
/// <param name="views">The cluster.</param>
/// <param name="counters">Counts what went back.</param>
/// <param name="time">The clock that decisions go by.</param>
/// <param name="logger">For operators.</param>
internal sealed partial class RolloutConductor(
    ModelName model, ITrafficChanges changes, RolloutLedger ledger, VersionWarmUp warmUp, IClusterViewSource views, RollbackCounter counters,
    TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan PreparePatience = TimeSpan.FromSeconds(20);
    private Task warming = Task.CompletedTask;

    /// <summary>One look; nothing where no rollout is under way.</summary>
    public async Task LookAsync()
    {
        if (changes.Traffic.ActiveRollout is not { } rollout)
        {
            return;
        }

        if (rollout.Phase == RolloutPhase.Warming)
        {
            warming = warming.IsCompleted ? WarmAsync(rollout) : warming;
            return;
        }

        // The new version takes the old one's place: calls go there and wait until it is loaded.
        if (rollout.Plan.ReplicaByReplica && warming.IsCompleted && RolloutReplicas.Count(views.Current, new ModelId(model, rollout.Plan.Version)) == 0)
        {
            warming = ReplaceAsync(rollout);
        }

        var counts = await ledger.SumAsync(rollout.Id);
        switch (RolloutDecision.Decide(rollout, counts, time.GetUtcNow()))
        {
            case RolloutMove.Stay:
                await ledger.SaveAsync(now: false);
                return;
            case RolloutMove.NextStep:
                await PrepareAsync(rollout, rollout.Plan.Steps.ElementAtOrDefault(rollout.Step + 1)?.Canary ?? Share.All);
                break;
            case RolloutMove.Switch:
                await PrepareAsync(rollout, Share.All);
                break;
        }

        // Decided anew of what is there by then: an operator may have been faster.
        await ChangeAsync(traffic => traffic.ActiveRollout is { } active && active.Id == rollout.Id && active.Step == rollout.Step
            ? RolloutMachine.Apply(traffic, RolloutDecision.Decide(active, counts, time.GetUtcNow()), time.GetUtcNow())
            : traffic);
    }

    /// <summary>
    /// Has replicas of the new version loaded for a share of the calls. Where that fails, or takes too long, those there are take the
    /// calls, and more follow as they are pressed.
    /// </summary>
    public async Task PrepareAsync(Rollout rollout, Share share)
    {
        var to = new ModelId(model, rollout.Plan.Version);
        if (share == Share.None || Find(to) is not { } version)
        {
            return;
        }

        var count = RolloutReplicas.Wanted(views.Current, new ModelId(model, rollout.From), version, share);
        if (RolloutReplicas.Count(views.Current, to) >= count)
        {
            return;
        }

        try
        {
            if (await warmUp.LoadAsync(version, count).WaitAsync(PreparePatience, time) is { } failure)
            {
                LogNotPrepared(to, count, failure);
            }
        }
        catch (Exception error) when (error is TimeoutException or KreweException || LostCall.Is(error))
        {
            LogNotPrepared(to, count, error.Message);
        }
    }

    private async Task WarmAsync(Rollout rollout)
    {
        // Beside the turn that began it: a load asks grains that may ask this one.
        await Task.Yield();
        try
        {
            var failure = rollout.Plan.ReplicaByReplica ? null : await LoadAsync(rollout);
            await ChangeAsync(traffic => traffic.ActiveRollout?.Id != rollout.Id ? traffic
                : failure is null ? RolloutMachine.Warmed(traffic, time.GetUtcNow())
                : RolloutMachine.WarmUpFailed(traffic, failure, time.GetUtcNow()));
        }
        catch (Exception error) when (error is KreweException || LostCall.Is(error))
        {
            // The next look begins it anew.
            LogNotWarmed(model, error.Message);
        }
    }

    private async Task ReplaceAsync(Rollout rollout)
    {
        await Task.Yield();
        try
        {
            if (await LoadAsync(rollout) is { } failure)
            {
                await ChangeAsync(traffic => traffic.ActiveRollout?.Id == rollout.Id ? RolloutMachine.WarmUpFailed(traffic, failure, time.GetUtcNow()) : traffic);
            }
        }
        catch (Exception error) when (error is KreweException || LostCall.Is(error))
        {
            LogNotWarmed(model, error.Message);
        }
    }

    private async Task<string?> LoadAsync(Rollout rollout)
    {
        if (Find(new ModelId(model, rollout.Plan.Version)) is not { } version)
        {
            return "no silo has it any more";
        }

        var first = rollout.Plan.Steps.Length > 0 ? rollout.Plan.Steps[0].Canary : Share.All;
        return await warmUp.LoadAsync(version, RolloutReplicas.Wanted(views.Current, new ModelId(model, rollout.From), version, first));
    }

    /// <summary>Counts are written first, so that what was decided never rests on more than is known afterwards.</summary>
    private async Task ChangeAsync(Func<ModelTraffic, ModelTraffic> change)
    {
        await ledger.SaveAsync(now: true);
        var before = changes.Traffic.Rollout;
        var after = (await changes.ChangeAsync(change)).Rollout;
        if (after is not null && before?.Phase != after.Phase)
        {
            LogMoved(model, RolloutWords.Name(after), RolloutWords.Describe(after.Phase), after.Reason);
            if (after.Phase == RolloutPhase.RolledBack)
            {
                counters.Add(model, after.Breach?.Guard);
            }
        }
    }

    private CatalogVersion? Find(ModelId version) =>
        views.Current.Models.TryGetValue(version.Name, out var known) ? VersionChoice.Find(known, version.Version) : null;
}
