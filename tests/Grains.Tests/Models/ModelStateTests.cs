using Krewe.Abstractions.Models;
using Krewe.Grains.Decisions;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Tests.Models;

public sealed class ModelStateTests
{
    private static readonly ChangeAuthor Anna = new("anna", "", DateTimeOffset.UnixEpoch);

    [Fact]
    public void What_routers_need_not_know_raises_no_epoch_and_a_suspicion_that_they_help_to_try_does()
    {
        var state = new ModelState().With(Alone());
        var evaluated = state.With(With(state, rollout => rollout with { Evaluations = 3 }));
        var failing = evaluated.With(With(evaluated, rollout => rollout with { Signal = new GuardSignal(GuardKind.ErrorRate, Anna.At, StepCounts.Empty) }));
        var slow = failing.With(With(failing, rollout => rollout with { Signal = new GuardSignal(GuardKind.P99, Anna.At, StepCounts.Empty) }));
        var dropped = slow.With(With(slow, rollout => rollout with { Signal = null }));

        Assert.Equal([1, 1, 1, 2, 3], new[] { state, evaluated, failing, slow, dropped }.Select(each => each.Epoch));
        Assert.True(slow.ToRoute("m").Traffic!.Rollout!.IsTwinned);
    }

    /// <summary>The new version has all calls.</summary>
    private static ModelTraffic Alone()
    {
        var plan = new RolloutPlan
        {
            Strategy = RolloutStrategy.BlueGreen, Version = new ModelVersion(2), Steps = RolloutPlan.DefaultSteps(RolloutStrategy.BlueGreen),
        };
        var begun = RolloutMachine.Warmed(RolloutMachine.Start(ModelTraffic.None, plan, new ModelVersion(1), "a", Anna), Anna.At);
        return begun.ActiveRollout!.Phase == RolloutPhase.KeepingWarm ? begun with { Revision = 1 }
            : RolloutMachine.Apply(begun, new RolloutMove.Switch(), Anna.At) with { Revision = 1 };
    }

    private static ModelTraffic With(ModelState state, Func<Rollout, Rollout> change) =>
        state.ReadTraffic() with { Rollout = change(state.ReadTraffic().Rollout!) };
}
