using FsCheck;
using FsCheck.Fluent;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Tests.Deciding;

public sealed class RolloutDecisionPropertyTests
{
    private const int Many = 3000;

    [Fact]
    public void What_is_drawn_here_comes_to_every_move() // or else the others would hold for want of cases
    {
        var moves = from rollout in Rollouts().Generator
                    from counts in Counts().Generator
                    from seconds in Gen.Choose(0, 1000)
                    select RolloutDecision.Decide(rollout, counts, Some.Noon.AddSeconds(seconds)).GetType().Name;
        var seen = moves.Sample(20_000).CountBy(move => move).ToDictionary();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", seen));

        Assert.Equal(["AwaitPromotion", "Finish", "NextStep", "RecordEvaluation", "RollBack", "Stay", "Switch"], seen.Keys.Order());
    }

    [Fact]
    public void The_same_question_has_the_same_answer() => Hold((rollout, counts, now, move) => move == RolloutDecision.Decide(rollout, counts, now));

    [Fact]
    public void A_signal_is_decided_before_a_step_is() => Hold((rollout, _, _, move) =>
        rollout.Signal is null || move is RolloutMove.Stay or RolloutMove.RecordEvaluation or RolloutMove.RollBack or RolloutMove.Finish);

    [Fact]
    public void Only_a_running_step_steps_and_not_before_its_time_and_calls() => Hold((rollout, counts, now, move) =>
        move is not (RolloutMove.NextStep or RolloutMove.Switch or RolloutMove.AwaitPromotion)
        || (rollout is { Phase: RolloutPhase.Running, CurrentStep: { } step } && rollout.StepTime(now) >= step.Dwell && CallsOf(rollout, counts) >= step.MinRequests));

    [Fact]
    public void Only_the_last_step_promotes_and_only_where_the_plan_says_so() => Hold((rollout, _, _, move) => move switch
    {
        RolloutMove.NextStep => rollout.Step < rollout.Plan.Steps.Length - 1,
        RolloutMove.Switch => rollout.Step == rollout.Plan.Steps.Length - 1 && rollout.Plan.PromotesItself,
        RolloutMove.AwaitPromotion => rollout.Step == rollout.Plan.Steps.Length - 1 && !rollout.Plan.PromotesItself,
        _ => true,
    });

    [Fact]
    public void Only_a_signal_that_was_tried_sends_back() => Hold((rollout, _, _, move) => move is not RolloutMove.RollBack back
        || (rollout.Signal?.Trial is { For: >= 2 } && back.Breach.Guard == rollout.Signal.Guard && back.Breach.PValue is >= 0 and <= 1));

    [Fact]
    public void The_old_version_is_kept_for_its_time() => Hold((rollout, _, now, move) => move is not RolloutMove.Finish
        || (rollout.Phase == RolloutPhase.KeepingWarm && now - rollout.PhaseSince >= rollout.Plan.KeepWarm));

    [Fact]
    public void What_can_be_decided_can_be_done() => Hold((rollout, _, now, move) =>
    {
        var traffic = ModelTraffic.None with { Rollout = rollout };
        var next = RolloutMachine.Apply(traffic, move, now);
        return move is RolloutMove.Stay ? ReferenceEquals(next, traffic) : next.Rollout != rollout;
    });

    private static void Hold(Func<Rollout, IReadOnlyDictionary<int, StepCounts>, DateTimeOffset, RolloutMove, bool> property) => Properties.Hold(
        Many, Prop.ForAll(Rollouts(), Counts(), Gen.Choose(0, 1000).ToArbitrary(), (rollout, counts, seconds) =>
        {
            var now = Some.Noon.AddSeconds(seconds);
            return property(rollout, counts, now, RolloutDecision.Decide(rollout, counts, now));
        }));

    private static long CallsOf(Rollout rollout, IReadOnlyDictionary<int, StepCounts> counts) =>
        counts.TryGetValue(rollout.Step, out var step) ? step.Canary.Requests + step.Comparison.Compared : 0;

    private static Arbitrary<Rollout> Rollouts() => (
        from phase in Gen.Elements([.. Enum.GetValues<RolloutPhase>(), .. Enumerable.Repeat(RolloutPhase.Running, 7)])
        from step in Gen.Elements(0, 1, 2, 3, 4, 4, 4)
        from promotes in Gen.Elements(true, false)
        from evaluations in Gen.Choose(0, 40)
        from guard in Gen.Elements<GuardKind?>([null, null, null, null, .. Enum.GetValues<GuardKind>()])
        from trial in Gen.Elements(null, new GuardTrial(Some.Noon, StepCounts.Empty, 2, 0), new GuardTrial(Some.Noon, StepCounts.Empty, 2, 3))
        select Some.Rollout with
        {
            Phase = phase, Step = phase switch { RolloutPhase.Warming => -1, >= RolloutPhase.KeepingWarm => 5, _ => step }, Evaluations = evaluations,
            Plan = Some.Plan with { PromotesItself = promotes },
            Signal = guard is { } kind ? new GuardSignal(kind, Some.Noon, StepCounts.Empty, trial) : null,
        }).ToArbitrary();

    private static Arbitrary<Dictionary<int, StepCounts>> Counts() => Step().ArrayOf(7)
        .Select(steps => steps.Index().ToDictionary(step => step.Index - 1, step => step.Item)).ToArbitrary();

    private static Gen<StepCounts> Step() =>
        from serving in Arm()
        from canary in Arm()
        from shadow in Arm()
        from disagreements in Gen.Elements(0L, 0, 10)
        select new StepCounts(serving, canary, shadow, new ComparisonCounts { Compared = shadow.Requests, Disagreements = Math.Min(shadow.Requests, disagreements) });

    private static Gen<ArmCounts> Arm() =>
        from calls in Gen.Elements(0L, 20, 100, 1000, 20_000)
        from errors in Gen.Elements(0L, 0, 0, 0, 0, 2, 50)
        from milliseconds in Gen.Elements(10, 10, 10, 10, 10, 40)
        select Some.Calls(calls, TimeSpan.FromMilliseconds(milliseconds), errors);
}
