using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Tests.States;

/// <summary>The times of a rollout when its process, or the clock, changes between two sightings.</summary>
public sealed class RolloutTimeTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Seen = Noon.AddMinutes(5);

    private static Rollout Known { get; } = new()
    {
        Id = "a", Plan = new RolloutPlan { Strategy = RolloutStrategy.Canary, Version = new ModelVersion(2), Steps = RolloutPlan.DefaultSteps(RolloutStrategy.Canary) },
        From = new ModelVersion(1), Phase = RolloutPhase.Running, StartedAt = Noon, PhaseSince = Noon, StepSince = Noon, Step = 0, SeenAt = Seen,
        Window = new GuardWindow(2, Noon, StepCounts.Empty),
        Signal = new GuardSignal(GuardKind.P99, Noon, StepCounts.Empty, new GuardTrial(Noon, StepCounts.Empty, 1, 0)),
    };

    [Theory]
    [InlineData(20)]
    [InlineData(30)]
    public void A_process_that_is_replaced_at_once_costs_a_step_no_time(int seconds)
    {
        var now = Seen.AddSeconds(seconds);
        var rollout = Known.Seen(now);

        Assert.Equal(Known with { SeenAt = now }, rollout);
        Assert.Equal(now - Noon, rollout.StepTime(now));
    }

    [Theory]
    [InlineData(31)]
    [InlineData(86_400)]
    [InlineData(-1)]
    [InlineData(-86_400)]
    public void Time_that_nobody_saw_and_a_clock_that_was_set_count_for_nothing(int seconds)
    {
        var (now, gap) = (Seen.AddSeconds(seconds), TimeSpan.FromSeconds(seconds));
        var rollout = Known.Seen(now);

        Assert.Equal(TimeSpan.FromMinutes(5), rollout.StepTime(now));
        Assert.All(
            [rollout.PhaseSince, rollout.StepSince, rollout.Window!.Since, rollout.Signal!.At, rollout.Signal.Trial!.Since],
            time => Assert.Equal(Noon + gap, time));
        Assert.Equal((Noon, now), (rollout.StartedAt, rollout.SeenAt));
        Assert.Same(rollout, rollout.Seen(now.AddSeconds(9)));
    }

    [Fact]
    public void A_state_of_an_earlier_version_keeps_its_times()
    {
        var now = Noon.AddDays(1);

        Assert.Equal(Known with { SeenAt = now }, (Known with { SeenAt = null }).Seen(now));
    }
}
