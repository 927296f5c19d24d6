using Krewe.Rollouts;

namespace Krewe.Serving.Tests;

/// <summary>The session that answers the control calls of a rollout.</summary>
public sealed class BaselineTests
{
    [Fact]
    public async Task It_is_another_session_of_the_old_version_for_as_long_as_the_rollout_lasts()
    {
        await using var traffic = await new TrafficFixture().StartAsync(2);
        await traffic.SetAliasAsync("prod", 1);
        await traffic.StartRolloutAsync(Plans.Canary(2, 10, 100) with { KeepWarm = TimeSpan.FromHours(1) });
        await traffic.UntilAsync(RolloutPhase.Running);
        var budget = traffic.Serving.Get<MemoryBudget>();
        Assert.Equal(2, budget.ResidentCount);

        await UntilAsync(traffic, () => Pairs(traffic).Control.Total > Pairs(traffic).Unlike);

        Assert.Equal(3, budget.ResidentCount);
        Assert.Equal(["m/1", "m/2"], traffic.Serving.Get<IServingNode>().ReadSessions().Select(session => session.ToString()).Order());
        await traffic.CommandAsync(RolloutCommand.Promote);
        await traffic.CommandAsync(RolloutCommand.Promote);
        Assert.Equal(RolloutPhase.Promoted, traffic.Rollout.Phase);
        await UntilAsync(traffic, () => budget.ResidentCount == 2);
        Assert.Equal(["m/1", "m/2"], traffic.Serving.Get<IServingNode>().ReadSessions().Select(session => session.ToString()).Order());
    }

    [Fact]
    public async Task It_takes_nobodys_place_and_the_serving_session_answers_where_there_is_no_room()
    {
        // Each version takes 768 KiB while it is loaded, and at least 192 KiB from then on: two fit side by side, and no third.
        await using var traffic = new TrafficFixture();
        for (var version = 1; version <= 2; version++)
        {
            traffic.Serving.Add("m", version, VersionedModel.Of(version).Initializer("ballast", new float[80 << 10], 80 << 10));
        }

        await traffic.StartAsync(0, static options => options.MemoryBudgetBytes = 1 << 20);
        await traffic.SetAliasAsync("prod", 1);
        await traffic.StartRolloutAsync(Plans.Canary(2, 10, 100));
        await traffic.UntilAsync(RolloutPhase.Running);

        await UntilAsync(traffic, () => Pairs(traffic).Control.Total >= 10);

        var counts = traffic.Tallies.Of(RolloutRoute.Of(traffic.Rollout)).Read();
        Assert.Equal(counts.Pairs.Control.Total, counts.Pairs.Unlike);
        Assert.Equal(0, counts.Serving.Errors);
        Assert.Equal(2, traffic.Serving.Get<MemoryBudget>().ResidentCount);
    }

    private static LatencyPairs Pairs(TrafficFixture traffic) => traffic.Tallies.Of(RolloutRoute.Of(traffic.Rollout)).Read().Pairs;

    private static async Task UntilAsync(TrafficFixture traffic, Func<bool> condition)
    {
        while (!condition())
        {
            await traffic.CallAsync();
        }
    }
}
