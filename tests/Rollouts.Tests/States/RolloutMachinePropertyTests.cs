using FsCheck.Fluent;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Tests.States;

public sealed class RolloutMachinePropertyTests
{
    private const int Many = 500;

    [Fact]
    public void Each_revision_is_a_line_of_history() => Hold((before, after) =>
    {
        // Two where a pause was asked for during the warm-up: the step begins, and is paused.
        var added = after.History.Skip(before.History.Length).ToArray();
        return added.Length <= 2 && added.All(line => line.What.Length > 0) && after.Revision == before.Revision + added.Length
            && added.Select(line => line.Revision).SequenceEqual(Enumerable.Range(1, added.Length).Select(i => before.Revision + i));
    });

    [Fact]
    public void Nothing_that_matters_changes_without_a_revision() => Hold((before, after) =>
        after.Revision > before.Revision
        || (after.History == before.History && after.Aliases.SequenceEqual(before.Aliases) && after.Retired.SetEquals(before.Retired)
            && after.Rollout?.Phase == before.Rollout?.Phase && after.Rollout?.Step == before.Rollout?.Step && after.Rollout?.Pending == before.Rollout?.Pending));

    [Fact]
    public void Under_a_rollout_prod_is_the_old_version_until_the_new_one_has_all_calls() => Hold((_, after) =>
        after.ActiveRollout is not { } rollout
        || after.Aliases[ModelTraffic.Prod] == (rollout.Phase == RolloutPhase.KeepingWarm ? rollout.Plan.Version : rollout.From));

    [Fact]
    public void At_its_end_prod_is_the_version_it_ended_with() => Hold((before, after) =>
        before.ActiveRollout is null || after.ActiveRollout is not null
        || after.Aliases[ModelTraffic.Prod] == (after.Rollout!.Phase == RolloutPhase.Promoted ? after.Rollout.Plan.Version : after.Rollout.From));

    [Fact]
    public void An_end_is_an_end() => Hold((before, after) =>
        before.Rollout is not { } ended || ended.Phase.IsUnderWay() || after.Rollout == ended
        || (after.Rollout!.Phase == RolloutPhase.Warming && after.Rollout.Step == Rollout.WarmingStep));

    [Fact]
    public void Steps_go_up_one_by_one_or_to_the_end() => Hold((before, after) =>
        before.ActiveRollout is not { } rollout || after.Rollout!.Step == rollout.Step || after.Rollout.Step == rollout.Step + 1
        || after.Rollout.Step == rollout.Plan.Steps.Length);

    [Fact]
    public void The_shares_of_a_route_are_those_of_the_step_and_phase() => Hold((_, after) => TrafficRoute.Of(after).Rollout is { } route
        ? after.ActiveRollout!.Phase switch
        {
            RolloutPhase.Warming => (route.Canary, route.Shadow) == (Share.None, Share.None),
            RolloutPhase.KeepingWarm => (route.Canary, route.Shadow) == (Share.All, Share.None),
            _ => after.ActiveRollout.CurrentStep is { } step && (route.Canary, route.Shadow) == (step.Canary, step.Shadow),
        }
        : after.ActiveRollout is null);

    [Fact]
    public void What_is_asked_for_twice_is_done_once() => Properties.Hold(Many, Prop.ForAll(
        Moves.Rows(), Gen.Elements(Enum.GetValues<RolloutCommand>()).ToArbitrary(), (row, command) =>
        {
            var ask = new Change("", (traffic, at) => RolloutMachine.Command(traffic, command, new ChangeAuthor("anna", "", at)));
            var once = Moves.TryDo(Moves.DoAll(row), ask, 100);
            var twice = Moves.TryDo(once, ask, 101);

            // The first promotion moves all calls, the second one lets the old version go.
            return ReferenceEquals(once, twice)
                || (command == RolloutCommand.Promote && (once.Rollout!.Phase, twice.Rollout!.Phase) == (RolloutPhase.KeepingWarm, RolloutPhase.Promoted));
        }));

    [Fact]
    public void A_version_that_something_names_is_not_retired() => Hold((before, after) => after.Retired.Except(before.Retired).All(version =>
        !before.Aliases.ContainsValue(version) && before.ActiveRollout?.From != version && before.ActiveRollout?.Plan.Version != version));

    private static void Hold(Func<ModelTraffic, ModelTraffic, bool> property) => Properties.Hold(Many, Prop.ForAll(Moves.Rows(), row =>
    {
        var traffic = ModelTraffic.None;
        for (var i = 0; i < row.Length; i++)
        {
            var next = Moves.TryDo(traffic, row[i], i);
            if (!property(traffic, next))
            {
                return false;
            }

            traffic = next;
        }

        return true;
    }));
}
