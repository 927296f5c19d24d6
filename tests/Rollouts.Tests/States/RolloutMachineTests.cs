using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.States;

public sealed class RolloutMachineTests
{
    private static readonly ModelVersion Old = new(1);
    private static readonly ChangeAuthor Anna = new("anna", "because", Some.Noon);
    private static readonly GuardBreach Breach = new(GuardKind.ErrorRate, 0.01, 0.001, 0.05, 10_000, 500, 0.00002);

    [Fact]
    public void A_good_canary_goes_its_steps_and_takes_over()
    {
        var traffic = Started();
        Assert.Equal(RolloutPhase.Warming, traffic.Rollout!.Phase);
        traffic = RolloutMachine.Warmed(traffic, At(1));
        for (var step = 0; step < 4; step++)
        {
            Assert.Equal((RolloutPhase.Running, step), (traffic.Rollout!.Phase, traffic.Rollout.Step));
            traffic = RolloutMachine.Apply(traffic, new RolloutMove.NextStep(), At(10 + step));
        }

        traffic = RolloutMachine.Apply(traffic, new RolloutMove.Switch(), At(20));
        Assert.Equal((RolloutPhase.KeepingWarm, 5), (traffic.Rollout!.Phase, traffic.Rollout.Step));
        Assert.Equal([Old, new ModelVersion(2)], traffic.KeptWarm);
        traffic = RolloutMachine.Apply(traffic, new RolloutMove.Finish(), At(30));

        Assert.Equal(RolloutPhase.Promoted, traffic.Rollout!.Phase);
        Assert.Equal(new ModelVersion(2), traffic.Aliases[ModelTraffic.Prod]);
        Assert.Empty(traffic.KeptWarm);
        Assert.Equal(
        [
            "the canary rollout from version 1 to version 2 began",
            "the canary rollout from version 1 to version 2 entered step 1: 1 % of the calls",
            "the canary rollout from version 1 to version 2 entered step 2: 5 % of the calls",
            "the canary rollout from version 1 to version 2 entered step 3: 25 % of the calls",
            "the canary rollout from version 1 to version 2 entered step 4: 50 % of the calls",
            "the canary rollout from version 1 to version 2 entered step 5: 100 % of the calls",
            "version 2 took over from version 1",
            "the canary rollout from version 1 to version 2 is done",
        ], traffic.History.Select(line => line.What));
    }

    [Fact]
    public void A_breach_sends_it_back_with_the_numbers()
    {
        var traffic = RolloutMachine.Apply(Running(), new RolloutMove.RollBack(Breach), At(9));

        Assert.Equal((RolloutPhase.RolledBack, Breach), (traffic.Rollout!.Phase, traffic.Rollout.Breach));
        Assert.Equal(Old, traffic.Aliases[ModelTraffic.Prod]);
        var why = "5 % of its calls failed, of the serving version's 0.1 %; 1 % more is allowed (500 against 10000 calls, p = 2e-5)";
        Assert.Equal(new HistoryEntry(3, At(9), ChangeAuthor.Krewe, "the canary rollout from version 1 to version 2 was rolled back", why), traffic.History[^1]);
    }

    [Fact]
    public void A_rollback_after_the_switch_sends_all_calls_to_the_old_version()
    {
        var traffic = RolloutMachine.Command(Running(), RolloutCommand.Promote, Anna);
        Assert.Equal(new ModelVersion(2), traffic.Aliases[ModelTraffic.Prod]);

        Assert.Equal(Old, RolloutMachine.Apply(traffic, new RolloutMove.RollBack(Breach), At(9)).Aliases[ModelTraffic.Prod]);
        Assert.Equal(Old, RolloutMachine.Command(traffic, RolloutCommand.Abort, Anna).Aliases[ModelTraffic.Prod]);
    }

    [Fact]
    public void A_pause_stops_the_clock_of_the_step()
    {
        var traffic = RolloutMachine.Command(Running(at: 10), RolloutCommand.Pause, Anna with { At = At(25) });
        Assert.Equal(TimeSpan.FromSeconds(15), traffic.Rollout!.StepTime(At(1000)));

        traffic = RolloutMachine.Command(traffic, RolloutCommand.Resume, Anna with { At = At(1000) });
        Assert.Equal(TimeSpan.FromSeconds(20), traffic.Rollout!.StepTime(At(1005)));
    }

    [Fact]
    public void What_is_asked_for_during_the_warm_up_is_done_after_it()
    {
        Assert.Equal(RolloutPhase.Paused, RolloutMachine.Warmed(RolloutMachine.Command(Started(), RolloutCommand.Pause, Anna), At(1)).Rollout!.Phase);
        Assert.Equal(RolloutPhase.KeepingWarm, RolloutMachine.Warmed(RolloutMachine.Command(Started(), RolloutCommand.Promote, Anna), At(1)).Rollout!.Phase);
    }

    [Fact]
    public void A_version_that_cannot_be_loaded_never_gets_a_call()
    {
        var traffic = RolloutMachine.WarmUpFailed(Started(), "the file is no model", At(1));

        Assert.Equal((RolloutPhase.RolledBack, "version 2 could not be warmed up: the file is no model"), (traffic.Rollout!.Phase, traffic.Rollout.Reason));
        Assert.Same(traffic, RolloutMachine.Warmed(traffic, At(2)));
    }

    [Fact]
    public void What_contradicts_a_rollout_is_refused_with_what_to_do()
    {
        AssertConflict("is under way: promote or abort it before starting another", () => RolloutMachine.Start(Started(), Some.Plan, Old, "b", Anna));
        AssertConflict("version 2 serves already: a rollout needs another version", () => RolloutMachine.Start(ModelTraffic.None, Some.Plan, new ModelVersion(2), "b", Anna));
        AssertConflict("there is no rollout: start one first", () => RolloutMachine.Command(ModelTraffic.None, RolloutCommand.Pause, Anna));
        AssertConflict("is promoted, with the old version kept warm and cannot be paused", () => RolloutMachine.Command(
            RolloutMachine.Command(Running(), RolloutCommand.Promote, Anna), RolloutCommand.Pause, Anna));
        AssertConflict("is aborted and cannot be promoted: start a new one", () => RolloutMachine.Command(
            RolloutMachine.Command(Running(), RolloutCommand.Abort, Anna), RolloutCommand.Promote, Anna));
    }

    [Fact]
    public void A_new_step_begins_with_fresh_eyes()
    {
        var evaluation = new RolloutMove.RecordEvaluation(7, new GuardSignal(GuardKind.P50, At(2), StepCounts.Empty), new GuardWindow(2, At(2), StepCounts.Empty));
        var seen = RolloutMachine.Apply(Running(), evaluation, At(3)).Rollout!;
        Assert.Equal((7, evaluation.Signal, evaluation.Window), (seen.Evaluations, seen.Signal, seen.Window));

        var next = RolloutMachine.Apply(RolloutMachine.Apply(Running(), evaluation, At(3)), new RolloutMove.NextStep(), At(4)).Rollout!;
        Assert.Equal((0, null, null), (next.Evaluations, next.Signal, next.Window));
    }

    private static DateTimeOffset At(int second) => Some.Noon.AddSeconds(second);

    private static ModelTraffic Started() => RolloutMachine.Start(ModelTraffic.None, Some.Plan, Old, "a", Anna);

    private static ModelTraffic Running(int at = 1) => RolloutMachine.Warmed(Started(), At(at));

    private static void AssertConflict(string text, Action act)
    {
        var error = Assert.Throws<KreweException>(act);
        Assert.Equal(KreweErrorCode.Conflict, error.Code);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }
}
