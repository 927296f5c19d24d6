using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Tests.Deciding;

public sealed class SignalTrialTests
{
    private static readonly ArmCounts Good = Some.Calls(100);
    private static readonly ArmCounts Bad = Some.Calls(50, errors: 50);
    private static readonly Rollout InStep = Some.Rollout with { Step = 0, Phase = RolloutPhase.Running };

    [Fact]
    public void Three_bad_parts_after_the_first_second_send_it_back()
    {
        var watch = WatchWithSignal();

        Assert.IsType<RolloutMove.Stay>(Run(watch, Bad, Bad, Bad));
        Assert.Equal((2, 0), Verdict(watch));
        Assert.True(Run(watch, Bad) is RolloutMove.RollBack { Breach: { Guard: GuardKind.ErrorRate, CandidateSample: 500, Candidate: 0.5 } });
    }

    [Fact]
    public void Where_the_window_as_a_whole_is_well_the_calls_since_the_signal_are_the_reason()
    {
        var watch = WatchWithSignal();

        Assert.True(Run(watch, Some.Calls(100_000), Bad, Bad, Bad) is RolloutMove.RollBack { Breach: { Guard: GuardKind.ErrorRate, CandidateSample: 300, Candidate: 0.5 } });
    }

    [Fact]
    public void Where_counts_were_lost_the_calls_since_the_signal_are_the_reason()
    {
        var past = Some.Counts(Some.Calls(40), ArmCounts.Empty);
        var signal = new GuardSignal(GuardKind.P50, Some.Noon, StepCounts.Empty, new GuardTrial(Some.Noon, StepCounts.Empty, 2, 0));
        var alone = InStep with { Step = Some.Plan.Steps.Length - 1, Signal = signal };
        var counts = new Dictionary<int, StepCounts> { [0] = past, [alone.Step] = Some.Counts(ArmCounts.Empty, Some.Calls(100, TimeSpan.FromMilliseconds(40))) };

        var back = Assert.IsType<RolloutMove.RollBack>(RolloutDecision.Decide(alone, counts, Some.Noon.AddSeconds(30)));
        Assert.Equal((GuardKind.P50, 40L, 100L), (back.Breach.Guard, back.Breach.ServingSample, back.Breach.CandidateSample));
    }

    [Fact]
    public void One_bad_second_sends_nothing_back()
    {
        var watch = WatchWithSignal();

        Assert.IsType<RolloutMove.Stay>(Run(watch, Bad, Good, Good, Good));
        Assert.Null(watch.Rollout.Signal);
        Assert.Equal(2, watch.Rollout.Window!.Number);
        Assert.Equal(0, watch.Rollout.Evaluations);
    }

    [Fact]
    public void Bad_seconds_among_good_ones_send_nothing_back()
    {
        var watch = WatchWithSignal();

        Assert.IsType<RolloutMove.Stay>(Run(watch, Good, Bad, Good, Good, Good, Bad));
        Assert.Equal((2, 3), Verdict(watch));
        Assert.IsType<RolloutMove.Stay>(Run(watch, Good, Good, Good));
        Assert.Null(watch.Rollout.Signal);
    }

    [Fact]
    public void A_few_calls_in_doubt_confirm_nothing()
    {
        // In each part one call of 60 fails: over 1 %, and no more than chance.
        var watch = WatchWithSignal();

        Assert.IsType<RolloutMove.Stay>(Run(watch, Good, [.. Enumerable.Repeat(Some.Calls(59, errors: 1), 4)]));
        Assert.Equal((4, 0), Verdict(watch));
    }

    [Fact]
    public void What_fails_on_both_sides_is_against_the_signal()
    {
        var watch = WatchWithSignal();
        watch.Run(1, () => Add(watch, Good, Good));
        watch.Run(1, () => Add(watch, Bad, Bad));

        Assert.Equal((0, 1), Verdict(watch));
    }

    [Fact]
    public void A_few_good_calls_of_the_serving_version_are_no_measure()
    {
        var before = Some.Counts(Some.Calls(9_700, errors: 300), Bad);
        var signal = new GuardSignal(GuardKind.ErrorRate, Some.Noon, before, new GuardTrial(Some.Noon.AddSeconds(1), before, 0, 0));

        var move = Decide(InStep with { Signal = signal }, before.Add(Some.Counts(Good, Some.Calls(98, errors: 2))), seconds: 2);
        Assert.True(move is RolloutMove.RecordEvaluation { Signal.Trial: { For: 0, Against: 1 } });
    }

    [Fact]
    public void No_part_is_shorter_than_a_second_and_neither_is_the_wait_for_the_first()
    {
        var counts = Some.Counts(Some.Calls(10_000), Bad);
        var later = counts.Add(Some.Counts(Some.Calls(10_000), Bad));
        var spoken = InStep with { Signal = new GuardSignal(GuardKind.ErrorRate, Some.Noon, counts) };

        Assert.IsType<RolloutMove.Stay>(Decide(spoken, later, seconds: 0.9));
        var tried = Assert.IsType<RolloutMove.RecordEvaluation>(Decide(spoken, counts, seconds: 1)).Signal!;
        Assert.Equal(new GuardTrial(Some.Noon.AddSeconds(1), counts, 0, 0), tried.Trial);
        Assert.IsType<RolloutMove.Stay>(Decide(spoken with { Signal = tried }, later, seconds: 1.9));
        Assert.True(Decide(spoken with { Signal = tried }, later, seconds: 2) is RolloutMove.RecordEvaluation { Signal.Trial: { For: 1, Against: 0 } });
    }

    [Fact]
    public void A_part_waits_for_its_calls()
    {
        var watch = WatchWithSignal();

        Assert.IsType<RolloutMove.Stay>(Run(watch, Bad, Some.Calls(0, errors: 29)));
        Assert.Equal((0, 0), Verdict(watch));
        Assert.IsType<RolloutMove.Stay>(Run(watch, Some.Calls(0, errors: 1)));
        Assert.Equal((1, 0), Verdict(watch));
    }

    [Fact]
    public void A_small_least_sample_makes_parts_smaller()
    {
        var watch = WatchWithSignal(InStep with { Plan = Some.Plan with { Guards = new RolloutGuards { MinSample = 5 } } });

        Assert.True(Run(watch, Bad, [.. Enumerable.Repeat(Some.Calls(0, errors: 5), 3)]) is RolloutMove.RollBack);
    }

    [Fact]
    public void Copies_are_waited_for_where_there_are_some()
    {
        var watch = WatchWithSignal(InStep);
        watch.Add(0, TrafficRole.Shadow, Good);

        Assert.IsType<RolloutMove.Stay>(Run(watch, Bad, Bad, Bad, Bad, Bad));
        Assert.Equal((0, 0), Verdict(watch));
        watch.Add(0, TrafficRole.Shadow, Good);
        Assert.IsType<RolloutMove.Stay>(Run(watch, Bad));
        Assert.Equal((1, 0), Verdict(watch));
    }

    [Fact]
    public void No_step_ends_while_a_signal_is_heard()
    {
        var watch = WatchWithSignal(InStep with { StepSpent = TimeSpan.FromHours(1) });

        Assert.IsType<RolloutMove.Stay>(Run(watch, Good, Good, Good));
        Assert.IsType<RolloutMove.Stay>(watch.Run(100, () => { }));
        Assert.NotNull(watch.Rollout.Signal);
    }

    [Fact]
    public void A_version_that_is_slower_than_the_past_and_not_than_the_old_one_now_stays()
    {
        var watch = WatchAlone();

        Assert.IsType<RolloutMove.Stay>(watch.Run(4, () => AddTwins(watch, old: 40, young: 40)));
        Assert.Null(watch.Rollout.Signal);
    }

    [Fact]
    public void A_version_that_is_slower_than_the_past_and_than_the_old_one_now_goes_back()
    {
        var watch = WatchAlone();

        var back = Assert.IsType<RolloutMove.RollBack>(watch.Run(4, () => AddTwins(watch, old: 10, young: 40)));
        Assert.Equal((GuardKind.P50, 120L, 120L), (back.Breach.Guard, back.Breach.ServingSample, back.Breach.CandidateSample));
        Assert.InRange(back.Breach.Serving, 9, 11);
    }

    [Fact]
    public void Without_a_second_session_of_the_old_version_the_past_decides_after_half_a_minute()
    {
        var watch = WatchAlone();

        Assert.IsType<RolloutMove.Stay>(watch.Run(29, () => AddAlone(watch)));
        Assert.Equal((0, 0), Verdict(watch));
        Assert.IsType<RolloutMove.RollBack>(watch.Run(5, () => AddAlone(watch)));
    }

    [Fact]
    public void Calls_are_made_on_both_versions_only_where_the_new_one_has_all_and_is_suspected_of_being_slow()
    {
        var alone = WatchAlone().Rollout;
        Assert.True(RolloutRoute.Of(alone).IsTwinned);
        Assert.False(RolloutRoute.Of(alone with { Signal = null }).IsTwinned);
        Assert.False(RolloutRoute.Of(alone with { Step = 0 }).IsTwinned);
        Assert.False(RolloutRoute.Of(alone with { Signal = alone.Signal! with { Guard = GuardKind.ErrorRate } }).IsTwinned);
        Assert.True(RolloutRoute.Of(alone with { Phase = RolloutPhase.KeepingWarm, Step = Some.Plan.Steps.Length }).IsTwinned);
    }

    /// <summary>A version that has all calls, and takes four times as long as the old one did.</summary>
    private static Watch WatchAlone()
    {
        var watch = new Watch(InStep with { Step = Some.Plan.Steps.Length - 1 }, Some.Noon);
        watch.Add(0, TrafficRole.Serving, Some.Calls(10_000));
        Assert.IsType<RolloutMove.Stay>(watch.Run(1, () => AddAlone(watch)));
        Assert.True(watch.Rollout.Signal is { Guard: GuardKind.P50, Trial: null });
        return watch;
    }

    private static void AddAlone(Watch watch) => watch.Add(watch.Rollout.Step, TrafficRole.Canary, Some.Calls(500, TimeSpan.FromMilliseconds(40)));

    private static void AddTwins(Watch watch, int old, int young)
    {
        AddAlone(watch);
        watch.AddPairs(watch.Rollout.Step, new LatencyPairs(
            Some.Histogram(40, TimeSpan.FromMilliseconds(old)), Some.Histogram(40, TimeSpan.FromMilliseconds(young)), 0));
    }

    private static RolloutMove Decide(Rollout rollout, StepCounts counts, double seconds) =>
        RolloutDecision.Decide(rollout, new Dictionary<int, StepCounts> { [0] = counts }, Some.Noon.AddSeconds(seconds));

    private static Watch WatchWithSignal(Rollout? rollout = null)
    {
        var watch = new Watch(rollout ?? InStep, Some.Noon);
        Assert.IsType<RolloutMove.Stay>(watch.Run(1, () => Add(watch, Some.Calls(10_000), Bad)));
        Assert.Equal(GuardKind.ErrorRate, watch.Rollout.Signal!.Guard);
        Assert.Null(watch.Rollout.Signal.Trial);
        return watch;
    }

    /// <summary>A second of each.</summary>
    private static RolloutMove Run(Watch watch, ArmCounts first, params ArmCounts[] others)
    {
        var seconds = new Queue<ArmCounts>([first, .. others]);
        return watch.Run(seconds.Count, () => Add(watch, Some.Calls(1000), seconds.Dequeue()));
    }

    private static void Add(Watch watch, ArmCounts serving, ArmCounts canary)
    {
        watch.Add(0, TrafficRole.Serving, serving);
        watch.Add(0, TrafficRole.Canary, canary);
    }

    private static (int For, int Against) Verdict(Watch watch) => (watch.Rollout.Signal!.Trial!.For, watch.Rollout.Signal.Trial.Against);
}
