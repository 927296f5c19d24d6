using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Tests.Deciding;

public sealed class RolloutDecisionTests
{
    private static readonly DateTimeOffset Noon = Some.Noon;

    [Fact]
    public void A_step_is_over_after_its_time_and_its_calls()
    {
        var counts = Counts((9_000, 0), (500, 0));

        Assert.IsType<RolloutMove.NextStep>(Decide(InStep(0), counts, seconds: 60));
        Assert.IsNotType<RolloutMove.NextStep>(Decide(InStep(0), counts, seconds: 59));
        Assert.IsNotType<RolloutMove.NextStep>(Decide(InStep(0), Counts((9_000, 0), (499, 0)), seconds: 600));
    }

    [Fact]
    public void Copies_that_were_compared_count_as_calls_of_a_step()
    {
        var counts = Some.Counts(serving: Some.Calls(9_000), canary: Some.Calls(300), shadow: Some.Calls(200)) with
        {
            Comparison = new ComparisonCounts { Compared = 200 },
        };

        Assert.IsType<RolloutMove.NextStep>(Decide(InStep(0), counts, seconds: 60));
    }

    [Fact]
    public void The_last_step_promotes_or_waits_for_an_operator()
    {
        var counts = Some.Counts(serving: Some.Calls(0), canary: Some.Calls(1000));
        var manual = InStep(4) with { Plan = Some.Plan with { PromotesItself = false } };

        Assert.IsType<RolloutMove.Switch>(Decide(InStep(4), counts, seconds: 60));
        Assert.IsType<RolloutMove.AwaitPromotion>(Decide(manual, counts, seconds: 60));
    }

    [Fact]
    public void Without_calls_a_step_waits()
    {
        Assert.IsType<RolloutMove.Stay>(Decide(InStep(0), StepCounts.Empty, seconds: 1e6));
        Assert.IsType<RolloutMove.Stay>(RolloutDecision.Decide(InStep(0), new Dictionary<int, StepCounts>(), Noon.AddDays(10)));
    }

    [Fact]
    public void A_plan_that_asks_for_no_calls_steps_by_time_alone()
    {
        var plan = Some.Plan with { Steps = [new RolloutStep { Canary = new Share(10_000), MinRequests = 0, Dwell = TimeSpan.FromSeconds(5) }] };

        Assert.IsType<RolloutMove.Switch>(Decide(InStep(0) with { Plan = plan }, StepCounts.Empty, seconds: 5));
    }

    [Theory]
    [InlineData(RolloutPhase.Warming)]
    [InlineData(RolloutPhase.Promoted)]
    [InlineData(RolloutPhase.RolledBack)]
    [InlineData(RolloutPhase.Aborted)]
    public void Nothing_is_decided_before_the_first_step_and_after_the_end(RolloutPhase phase) => Assert.IsType<RolloutMove.Stay>(
        Decide(InStep(0) with { Phase = phase }, Counts((1000, 0), (0, 1000)), seconds: 1e6));

    [Theory]
    [InlineData(RolloutPhase.Running)]
    [InlineData(RolloutPhase.Paused)]
    [InlineData(RolloutPhase.AwaitingPromotion)]
    [InlineData(RolloutPhase.KeepingWarm)]
    public void The_guards_are_evaluated_in_every_phase_with_calls_of_the_new_version(RolloutPhase phase)
    {
        var rollout = (phase == RolloutPhase.KeepingWarm ? InStep(5) : InStep(0)) with { Phase = phase };
        var watch = new Watch(rollout, Noon);
        watch.Add(-1, TrafficRole.Serving, Some.Calls(1000));

        var move = watch.Run(5, () =>
        {
            watch.Add(0, TrafficRole.Serving, Some.Calls(1000));
            watch.Add(rollout.Step, TrafficRole.Canary, Some.Calls(0, errors: 100));
        });

        Assert.True(move is RolloutMove.RollBack { Breach: { Guard: GuardKind.ErrorRate, Candidate: 1, Serving: 0, CandidateSample: 500, PValue: < 0.001 } });
    }

    [Theory]
    [InlineData(RolloutPhase.Paused)]
    [InlineData(RolloutPhase.AwaitingPromotion)]
    public void A_rollout_that_waits_for_an_operator_does_not_advance(RolloutPhase phase) => Assert.IsNotType<RolloutMove.NextStep>(
        Decide(InStep(0) with { Phase = phase, StepSpent = TimeSpan.FromHours(1) }, Counts((9_000, 0), (5000, 0)), seconds: 1e6));

    [Fact]
    public void The_old_version_is_let_go_after_its_time()
    {
        var rollout = InStep(5) with { Phase = RolloutPhase.KeepingWarm };

        Assert.IsType<RolloutMove.Finish>(Decide(rollout, StepCounts.Empty, seconds: 300));
        Assert.IsType<RolloutMove.Stay>(Decide(rollout, StepCounts.Empty, seconds: 299));
    }

    [Fact]
    public void An_unconfirmed_signal_without_calls_keeps_the_old_version_a_minute_longer()
    {
        var trial = new GuardTrial(Noon.AddSeconds(291), StepCounts.Empty, 0, 0);
        var rollout = InStep(5) with { Phase = RolloutPhase.KeepingWarm, Signal = new GuardSignal(GuardKind.P50, Noon.AddSeconds(290), StepCounts.Empty, trial) };

        Assert.IsType<RolloutMove.Stay>(Decide(rollout, StepCounts.Empty, seconds: 349));
        Assert.IsType<RolloutMove.Finish>(Decide(rollout, StepCounts.Empty, seconds: 350));
    }

    [Fact]
    public void A_guard_in_doubt_holds_the_step()
    {
        // 2 of 100 are over 1 %, and may be chance.
        var plan = Some.Plan with { Steps = [new RolloutStep { Canary = new Share(10_000), MinRequests = 100, Dwell = TimeSpan.FromSeconds(1) }] };
        var rollout = InStep(0) with { Plan = plan };

        Assert.IsType<RolloutMove.RecordEvaluation>(Decide(rollout, Counts((10_000, 0), (98, 2)), seconds: 60));
        Assert.IsType<RolloutMove.Switch>(Decide(rollout, Counts((10_000, 0), (99, 1)), seconds: 60));
    }

    [Fact]
    public void A_window_that_is_in_doubt_holds_a_step_that_was_good_as_a_whole()
    {
        var before = Counts((100_000, 0), (10_000, 0));
        var rollout = InStep(0) with { Window = new GuardWindow(2, Noon.AddSeconds(60), before) };

        Assert.IsType<RolloutMove.RecordEvaluation>(Decide(rollout, Counts((110_000, 0), (10_098, 2)), seconds: 120));
        Assert.IsType<RolloutMove.NextStep>(Decide(rollout, Counts((110_000, 0), (10_099, 1)), seconds: 120));
    }

    [Fact]
    public void Below_the_least_sample_guards_say_nothing()
    {
        Assert.IsType<RolloutMove.Stay>(Decide(InStep(0), Counts((10_000, 0), (0, 49)), seconds: 10));
        Assert.True(Decide(InStep(0), Counts((49, 0), (0, 1000)), seconds: 10) is RolloutMove.RecordEvaluation { Signal: null });
        Assert.True(Decide(InStep(0), Counts((10_000, 0), (0, 50)), seconds: 10) is RolloutMove.RecordEvaluation { Signal.Guard: GuardKind.ErrorRate });
    }

    [Fact]
    public void Guards_are_evaluated_when_the_calls_have_grown()
    {
        var rollout = InStep(0) with { Evaluations = 5 }; // 50 × 1.1^5 = 80.5

        Assert.IsType<RolloutMove.Stay>(Decide(rollout, Counts((10_000, 0), (80, 0)), seconds: 10));
        Assert.Equal(new RolloutMove.RecordEvaluation(6, null), Decide(rollout, Counts((10_000, 0), (81, 0)), seconds: 10));
    }

    [Fact]
    public void After_enough_good_calls_a_new_window_begins()
    {
        var counts = Counts((100_000, 0), (1000, 0));
        var rollout = InStep(0) with { Plan = Some.Plan with { Steps = [new RolloutStep { Canary = new Share(10_000), Dwell = TimeSpan.FromHours(1) }] } };

        Assert.Equal(new RolloutMove.RecordEvaluation(0, null, new GuardWindow(2, Noon.AddSeconds(30), counts)), Decide(rollout, counts, seconds: 30));
        Assert.Equal(new RolloutMove.RecordEvaluation(1, null), Decide(rollout, counts, seconds: 29));
    }

    [Fact]
    public void Where_the_old_version_has_no_calls_its_past_is_what_counts()
    {
        var past = Some.Counts(serving: Some.Calls(2000), canary: ArmCounts.Empty);
        var counts = new Dictionary<int, StepCounts>
        {
            [Rollout.WarmingStep] = past, [3] = past, [4] = Some.Counts(serving: ArmCounts.Empty, canary: Some.Calls(1000, TimeSpan.FromMilliseconds(30))),
        };

        var move = RolloutDecision.Decide(InStep(4), counts, Noon.AddSeconds(10));
        Assert.True(move is RolloutMove.RecordEvaluation { Signal.Guard: GuardKind.P50 });
        counts.Remove(Rollout.WarmingStep);
        counts.Remove(3);
        Assert.True(RolloutDecision.Decide(InStep(4), counts, Noon.AddSeconds(10)) is RolloutMove.RecordEvaluation { Signal: null });
    }

    private static RolloutMove Decide(Rollout rollout, StepCounts counts, double seconds) =>
        RolloutDecision.Decide(rollout, new Dictionary<int, StepCounts> { [rollout.Step] = counts }, Noon.AddSeconds(seconds));

    private static Rollout InStep(int step) => Some.Rollout with { Step = step, Phase = RolloutPhase.Running };

    private static StepCounts Counts((long Good, long Bad) serving, (long Good, long Bad) canary) =>
        Some.Counts(Some.Calls(serving.Good, errors: serving.Bad), Some.Calls(canary.Good, errors: canary.Bad));
}
