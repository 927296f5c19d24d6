using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Deciding;

/// <summary>
/// The state machine of rollouts. Each transition returns the next <see cref="ModelTraffic"/>, or the given one if nothing changes. An
/// invalid transition throws <see cref="KreweException"/> with <see cref="KreweErrorCode.Conflict"/>; the message says what to do first.
/// </summary>
public static class RolloutMachine
{
    /// <summary>Starts a rollout. Pins the old version as <c>prod</c>, so that it serves whatever happens to the new one.</summary>
    public static ModelTraffic Start(ModelTraffic traffic, RolloutPlan plan, ModelVersion from, string id, ChangeAuthor author)
    {
        if (traffic.ActiveRollout is { } active)
        {
            throw KreweException.Conflict(active.Phase == RolloutPhase.KeepingWarm
                ? $"{RolloutWords.Name(active)} is {RolloutWords.Describe(active.Phase)}: {RolloutWords.EndKeepWarm(active)}, before "
                    + "starting another"
                : $"{RolloutWords.Name(active)} is under way: promote or abort it before starting another");
        }

        if (plan.Version == from)
        {
            throw KreweException.Conflict($"version {from} serves already: a rollout needs another version");
        }

        var rollout = new Rollout
        {
            Id = id, Plan = plan, From = from, Phase = RolloutPhase.Warming, StartedAt = author.At, PhaseSince = author.At,
            StepSince = author.At, SeenAt = author.At,
        };
        return Next(traffic with { Aliases = traffic.Aliases.SetItem(ModelTraffic.Prod, from) }, rollout, author,
            $"{RolloutWords.Name(rollout)} began");
    }

    /// <summary>Records that an active rollout is conducted; see <see cref="Rollout.Seen"/>.</summary>
    public static ModelTraffic Seen(ModelTraffic traffic, DateTimeOffset now) =>
        traffic.ActiveRollout is { } rollout && rollout.Seen(now) is var seen && !ReferenceEquals(seen, rollout)
            ? traffic with { Rollout = seen }
            : traffic;

    /// <summary>The new version is loaded: enters the first step, or switches if the plan has no steps.</summary>
    public static ModelTraffic Warmed(ModelTraffic traffic, DateTimeOffset now)
    {
        if (traffic.ActiveRollout is not { Phase: RolloutPhase.Warming } rollout)
        {
            return traffic;
        }

        var author = ChangeAuthor.Itself($"version {rollout.Plan.Version} is warm", now);
        var warm = rollout with { Pending = null };
        var next = rollout.Pending == RolloutCommand.Promote ? Switch(traffic, warm, author) : Advance(traffic, warm, author);
        return rollout.Pending == RolloutCommand.Pause && next.Rollout!.Phase == RolloutPhase.Running
            ? Pause(next, next.Rollout, ChangeAuthor.Itself("it was asked for during the warm-up", now))
            : next;
    }

    /// <summary>The new version failed to load. With <see cref="RolloutPlan.ReplicaByReplica"/> that can happen after the switch.</summary>
    public static ModelTraffic WarmUpFailed(ModelTraffic traffic, string reason, DateTimeOffset now) =>
        traffic.ActiveRollout is { } rollout && (rollout.Phase == RolloutPhase.Warming || rollout.Plan.ReplicaByReplica)
            ? Back(traffic, rollout, RolloutPhase.RolledBack, $"version {rollout.Plan.Version} could not be warmed up: {reason}", null,
                ChangeAuthor.Itself("", now))
            : traffic;

    /// <summary>Executes an operator's command.</summary>
    public static ModelTraffic Command(ModelTraffic traffic, RolloutCommand command, ChangeAuthor author)
    {
        if (traffic.Rollout is not { } rollout)
        {
            throw KreweException.Conflict("there is no rollout: start one first");
        }

        return command switch
        {
            RolloutCommand.Pause => Pause(traffic, rollout, author),
            RolloutCommand.Resume => Resume(traffic, rollout, author),
            RolloutCommand.Promote => Promote(traffic, rollout, author),
            RolloutCommand.Abort => Abort(traffic, rollout, author),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command, null),
        };
    }

    /// <summary>Applies a move of <see cref="RolloutDecision"/>; does nothing if the rollout has ended meanwhile.</summary>
    public static ModelTraffic Apply(ModelTraffic traffic, RolloutMove move, DateTimeOffset now) => (traffic.ActiveRollout, move) switch
    {
        (null, _) or (_, RolloutMove.Stay) => traffic,
        ({ } rollout, RolloutMove.RecordEvaluation made) =>
            traffic with { Rollout = rollout with { Evaluations = made.Evaluations, Signal = made.Signal, Window = made.Window } },
        ({ } rollout, RolloutMove.NextStep) => Advance(traffic, rollout, ChangeAuthor.Itself("the step went well", now)),
        ({ } rollout, RolloutMove.AwaitPromotion) => Await(traffic, rollout, now),
        ({ } rollout, RolloutMove.Switch) => Switch(traffic, rollout, ChangeAuthor.Itself("all steps went well", now)),
        ({ } rollout, RolloutMove.Finish) => Finish(traffic, rollout, ChangeAuthor.Itself("", now)),
        ({ } rollout, RolloutMove.RollBack back) => Back(
            traffic, rollout, RolloutPhase.RolledBack, RolloutWords.Describe(back.Breach), back.Breach, ChangeAuthor.Itself("", now)),
        _ => throw new ArgumentOutOfRangeException(nameof(move), move, null),
    };

    private static ModelTraffic Pause(ModelTraffic traffic, Rollout rollout, ChangeAuthor author) => rollout.Phase switch
    {
        RolloutPhase.Paused => traffic,
        RolloutPhase.Warming => Later(traffic, rollout, RolloutCommand.Pause, author),
        RolloutPhase.Running => Next(
            traffic,
            rollout with { Phase = RolloutPhase.Paused, PhaseSince = author.At, StepSpent = rollout.StepTime(author.At) },
            author, $"{RolloutWords.Name(rollout)} was paused"),
        RolloutPhase.AwaitingPromotion => throw Cannot(rollout, "paused", "it waits for an operator; promote or abort it"),
        RolloutPhase.KeepingWarm =>
            throw Cannot(rollout, "paused", $"version {rollout.Plan.Version} has all calls; {RolloutWords.EndKeepWarm(rollout)}"),
        _ => throw Cannot(rollout, "paused", "start a new one"),
    };

    private static ModelTraffic Resume(ModelTraffic traffic, Rollout rollout, ChangeAuthor author) => rollout.Phase switch
    {
        RolloutPhase.Running or RolloutPhase.Warming when rollout.Pending is null => traffic,
        RolloutPhase.Warming => Later(traffic, rollout, null, author),
        RolloutPhase.Paused => Next(
            traffic,
            rollout with { Phase = RolloutPhase.Running, PhaseSince = author.At, StepSince = author.At },
            author, $"{RolloutWords.Name(rollout)} was resumed"),
        _ => throw Cannot(rollout, "resumed", "only a paused rollout can be"),
    };

    private static ModelTraffic Promote(ModelTraffic traffic, Rollout rollout, ChangeAuthor author) => rollout.Phase switch
    {
        RolloutPhase.Promoted => traffic,
        RolloutPhase.KeepingWarm => Finish(traffic, rollout, author),
        RolloutPhase.Warming => Later(traffic, rollout, RolloutCommand.Promote, author),
        _ when rollout.Phase.IsUnderWay() => Switch(traffic, rollout, author),
        _ => throw Cannot(rollout, "promoted", "start a new one"),
    };

    private static ModelTraffic Abort(ModelTraffic traffic, Rollout rollout, ChangeAuthor author) => rollout.Phase switch
    {
        RolloutPhase.Aborted or RolloutPhase.RolledBack => traffic,
        _ when rollout.Phase.IsUnderWay() => Back(traffic, rollout, RolloutPhase.Aborted, author.Why, null, author),
        _ => throw Cannot(rollout, "aborted", $"it has ended: point the alias '{ModelTraffic.Prod}' to version {rollout.From} to go back"),
    };

    private static ModelTraffic Later(ModelTraffic traffic, Rollout rollout, RolloutCommand? command, ChangeAuthor author)
    {
        var what = command switch
        {
            RolloutCommand.Promote => "is to be promoted",
            RolloutCommand.Pause => "is to be paused",
            _ => "is to go on",
        };
        return rollout.Pending == command
            ? traffic
            : Next(traffic, rollout with { Pending = command }, author, $"{RolloutWords.Name(rollout)} {what} as soon as it is warm");
    }

    private static ModelTraffic Advance(ModelTraffic traffic, Rollout rollout, ChangeAuthor author)
    {
        var step = rollout.Step + 1;
        if (step >= rollout.Plan.Steps.Length)
        {
            return Switch(traffic, rollout, author);
        }

        var next = AtStep(rollout, step, author.At) with { Phase = RolloutPhase.Running };
        return Next(
            traffic, next, author, $"{RolloutWords.Name(next)} entered step {step + 1}: {PlanWords.Describe(rollout.Plan.Steps[step])}");
    }

    private static ModelTraffic Await(ModelTraffic traffic, Rollout rollout, DateTimeOffset now) => Next(
        traffic,
        rollout with { Phase = RolloutPhase.AwaitingPromotion, PhaseSince = now, Reason = "all steps went well: promote or abort it",
            Signal = null },
        ChangeAuthor.Itself("all steps went well", now), $"{RolloutWords.Name(rollout)} waits for promotion");

    private static ModelTraffic Switch(ModelTraffic traffic, Rollout rollout, ChangeAuthor author)
    {
        var (to, next) = (
            rollout.Plan.Version, AtStep(rollout, rollout.Plan.Steps.Length, author.At) with { Phase = RolloutPhase.KeepingWarm });
        return Next(
            traffic with { Aliases = traffic.Aliases.SetItem(ModelTraffic.Prod, to) }, next, author,
            $"version {to} took over from version {rollout.From}");
    }

    private static ModelTraffic Finish(ModelTraffic traffic, Rollout rollout, ChangeAuthor author) => Next(
        traffic,
        rollout with { Phase = RolloutPhase.Promoted, PhaseSince = author.At, Signal = null },
        author, $"{RolloutWords.Name(rollout)} is done");

    private static ModelTraffic Back(
        ModelTraffic traffic, Rollout rollout, RolloutPhase phase, string reason, GuardBreach? breach, ChangeAuthor author) => Next(
        traffic with { Aliases = traffic.Aliases.SetItem(ModelTraffic.Prod, rollout.From) },
        rollout with { Phase = phase, PhaseSince = author.At, Reason = reason, Breach = breach, Signal = null },
        author with { Why = author.Why.Length > 0 ? author.Why : reason },
        $"{RolloutWords.Name(rollout)} was {(phase == RolloutPhase.Aborted ? "aborted" : "rolled back")}");

    private static Rollout AtStep(Rollout rollout, int step, DateTimeOffset now) => rollout with
    {
        Step = step, PhaseSince = now, StepSince = now, StepSpent = TimeSpan.Zero, Evaluations = 0, Signal = null, Window = null,
        Reason = "",
    };

    private static ModelTraffic Next(ModelTraffic traffic, Rollout rollout, ChangeAuthor author, string what) =>
        TrafficHistory.Add(traffic with { Rollout = rollout }, author, what);

    private static KreweException Cannot(Rollout rollout, string done, string advice) =>
        KreweException.Conflict($"{RolloutWords.Name(rollout)} is {RolloutWords.Describe(rollout.Phase)} and cannot be {done}: {advice}");
}
