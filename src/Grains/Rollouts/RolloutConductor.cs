using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Retrying;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Grains.Background;
using Krewe.Grains.Decisions;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Rollouts;

/// <summary>
/// Runs a model's rollout: warms up the new version, evaluates the counts once a second, and applies what <see cref="RolloutDecision"/>
/// returns. Decisions are made in the grain's turns; loads run in the background, and the next evaluation takes their outcome.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="decisions">The model's stored decisions.</param>
/// <param name="ledger">The call counts.</param>
/// <param name="warmUp">Loads versions.</param>
/// <param name="loads">The background loads.</param>
/// <param name="wake">Triggers the next evaluation at once.</param>
/// <param name="snapshots">The cluster.</param>
/// <param name="counters">Counts rollbacks.</param>
/// <param name="clock">The clock of the decisions.</param>
/// <param name="time">The clock of timeouts.</param>
/// <param name="logger">The logger.</param>
internal sealed partial class RolloutConductor(
    ModelName model, ModelDecisions decisions, RolloutLedger ledger, VersionWarmUp warmUp, BackgroundWork loads, Action wake,
    IClusterSnapshotSource snapshots,
    RollbackCounter counters, RolloutClock clock, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan PrepareTimeout = TimeSpan.FromSeconds(20);
    private string loading = "";
    private Outcome? outcome;

    /// <summary>Evaluates once; false if no rollout is active and no counts are unsaved.</summary>
    public async Task<bool> EvaluateAsync()
    {
        if (decisions.Traffic.ActiveRollout is not { } rollout)
        {
            loads.Cancel();
            await ledger.SaveAsync(now: false);
            return ledger.HasUnsaved;
        }

        if (!ReferenceEquals(rollout, rollout.Seen(clock.Now)))
        {
            await ChangeAsync(static traffic => traffic);
            rollout = decisions.Traffic.ActiveRollout ?? rollout;
        }

        var loaded = outcome?.Rollout == rollout.Id && outcome.Step == rollout.Step ? outcome : null;
        if (rollout.Phase == RolloutPhase.Warming)
        {
            await WarmAsync(rollout, rollout.Plan.ReplicaByReplica ? new Outcome(rollout.Id, rollout.Step, null) : loaded);
            return true;
        }

        // The new version replaces the old one: calls are routed to it and wait until it is loaded.
        if (rollout.Plan.ReplicaByReplica && RolloutReplicas.Count(snapshots.Current, new ModelId(model, rollout.Plan.Version)) == 0)
        {
            if (loaded?.Failure is not null)
            {
                await WarmAsync(rollout, loaded);
                return true;
            }

            Begin(rollout, cancellation => LoadAsync(rollout, cancellation));
        }

        var counts = await ledger.SumAsync(rollout.Id);
        var move = RolloutDecision.Decide(rollout, counts, clock.Now);
        if (move is RolloutMove.Stay)
        {
            await ledger.SaveAsync(now: false);
            return true;
        }

        if (move is RolloutMove.NextStep or RolloutMove.Switch && loaded is null)
        {
            var share = move is RolloutMove.Switch ? Share.All : rollout.Plan.Steps.ElementAtOrDefault(rollout.Step + 1)?.Canary
                ?? Share.All;
            if (FindMissing(rollout, share) is not null)
            {
                Begin(rollout, async cancellation =>
                {
                    await PrepareAsync(rollout, share, cancellation);
                    return null;
                });
                return true;
            }
        }

        // Decide again on the current state: an operator may have changed it meanwhile.
        await ChangeAsync(traffic => traffic.ActiveRollout is { } active && active.Id == rollout.Id && active.Step == rollout.Step
            ? RolloutMachine.Apply(traffic, RolloutDecision.Decide(active, counts, clock.Now), clock.Now)
            : traffic);
        return true;
    }

    /// <summary>
    /// Loads the replicas that the new version needs for a share of the calls. After a failure or a timeout the loaded ones serve, and
    /// autoscaling adds the rest.
    /// </summary>
    public async Task PrepareAsync(Rollout rollout, Share share, CancellationToken cancellationToken)
    {
        if (FindMissing(rollout, share) is not var (version, count))
        {
            return;
        }

        using var timeout = new CancellationTokenSource(PrepareTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            if (await warmUp.LoadAsync(version, count, either.Token) is { } failure)
            {
                LogNotPrepared(version.Id, count, failure);
            }
        }
        catch (Exception error) when ((error is KreweException || LostCall.Is(error)) && !cancellationToken.IsCancellationRequested)
        {
            LogNotPrepared(version.Id, count, error.Message);
        }
    }

    /// <summary>Applies the outcome of a warm-up; starts one if there is none.</summary>
    private async Task WarmAsync(Rollout rollout, Outcome? loaded)
    {
        if (loaded is null)
        {
            Begin(rollout, cancellation => LoadAsync(rollout, cancellation));
            return;
        }

        outcome = null;
        await ChangeAsync(traffic => traffic.ActiveRollout?.Id != rollout.Id ? traffic
            : loaded.Failure is { } failure ? RolloutMachine.WarmUpFailed(traffic, failure, clock.Now)
            : RolloutMachine.Warmed(traffic, clock.Now));
    }

    /// <summary>Loads in the background: loading calls grains that may call this one. Loads of an earlier rollout are cancelled.</summary>
    private void Begin(Rollout rollout, Func<CancellationToken, Task<string?>> load)
    {
        if (loading != rollout.Id)
        {
            loads.Cancel();
            loading = rollout.Id;
        }

        loads.Start(async cancellation =>
        {
            try
            {
                outcome = new Outcome(rollout.Id, rollout.Step, await load(cancellation));
                wake();
            }
            catch (Exception error) when ((error is KreweException || LostCall.Is(error)) && !cancellation.IsCancellationRequested)
            {
                // The next evaluation starts it again.
                LogNotWarmed(model, error.Message);
            }
        });
    }

    private async Task<string?> LoadAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        if (Find(rollout.Plan.Version) is not { } version)
        {
            return "no silo has it any more";
        }

        var first = rollout.Plan.Steps.Length > 0 ? rollout.Plan.Steps[0].Canary : Share.All;
        var count = RolloutReplicas.Wanted(snapshots.Current, new ModelId(model, rollout.From), version, first);
        return await warmUp.LoadAsync(version, count, cancellationToken);
    }

    /// <summary>The new version and the replicas it needs for a share of the calls; null if it has them.</summary>
    private (CatalogVersion Version, int Count)? FindMissing(Rollout rollout, Share share)
    {
        if (share == Share.None || Find(rollout.Plan.Version) is not { } version)
        {
            return null;
        }

        var count = RolloutReplicas.Wanted(snapshots.Current, new ModelId(model, rollout.From), version, share);
        return RolloutReplicas.Count(snapshots.Current, version.Id) >= count ? null : (version, count);
    }

    /// <summary>Counts are saved first, so that a stored decision never rests on counts that are lost.</summary>
    private async Task ChangeAsync(Func<ModelTraffic, ModelTraffic> change)
    {
        await ledger.SaveAsync(now: true);
        var before = decisions.Traffic.Rollout;
        await decisions.ChangeAsync(traffic => change(RolloutMachine.Seen(traffic, clock.Now)));
        if (decisions.Traffic.Rollout is { } after && before?.Phase != after.Phase)
        {
            LogMoved(model, RolloutWords.Name(after), RolloutWords.Describe(after.Phase), after.Reason);
            if (after.Phase == RolloutPhase.RolledBack)
            {
                counters.Add(model, after.Breach?.Guard);
            }
        }
    }

    private CatalogVersion? Find(ModelVersion version) =>
        snapshots.Current.Models.TryGetValue(model, out var known) ? VersionChoice.Find(known, version) : null;

    /// <summary>The outcome of loads for a step of a rollout; step -1 is the warm-up.</summary>
    private sealed record Outcome(string Rollout, int Step, string? Failure);

    [LoggerMessage(EventId = 456, Level = LogLevel.Information, Message = "Model {Model}: {Rollout} is {Phase}. {Reason}")]
    private partial void LogMoved(ModelName model, string rollout, string phase, string reason);

    [LoggerMessage(
        EventId = 457, Level = LogLevel.Warning,
        Message = "{Version} does not have {Count} replicas yet for the next step of its rollout; the rollout goes on: {Reason}")]
    private partial void LogNotPrepared(ModelId version, int count, string reason);

    [LoggerMessage(
        EventId = 458, Level = LogLevel.Information, Message = "The warm-up for the rollout of model {Model} failed; retrying: {Reason}")]
    private partial void LogNotWarmed(ModelName model, string reason);
}
