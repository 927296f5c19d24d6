using Krewe.Rollouts.Plans;
using Krewe.Serving.Memory;
using Krewe.Serving.Tests.Hosting;

namespace Krewe.Serving.Tests.Rollouts;

/// <summary>The session that answers the control calls of a rollout.</summary>
public sealed class BaselineTests
{
    private static readonly Share Tenth = new(Share.Whole / 10);

    [Fact]
    public async Task A_baseline_is_a_second_session_of_the_old_version_while_both_are_held()
    {
        await using var routed = new RoutedServing();
        routed.Serving.Add("m", 1, VersionedModel.Of(1));
        routed.Serving.Add("m", 2, VersionedModel.Of(2));
        await routed.Serving.StartAsync();
        await routed.HoldAsync(isHeld: true);
        routed.Route = routed.Route with { Canary = Tenth };
        var budget = routed.Serving.Get<MemoryBudget>();
        Assert.Equal(2, budget.ResidentCount);

        await UntilAsync(routed, () => routed.Counts.Pairs is var pairs && pairs.Control.Total > pairs.Unlike);

        Assert.Equal(3, budget.ResidentCount);
        Assert.Equal(["m/1", "m/2"], routed.Serving.Node.ReadSessions().Select(session => session.ToString()).Order());
        await routed.HoldAsync(isHeld: false);
        routed.Route = routed.Route with { Canary = Share.None };
        await UntilAsync(routed, () => budget.ResidentCount == 2);
        Assert.Equal(["m/1", "m/2"], routed.Serving.Node.ReadSessions().Select(session => session.ToString()).Order());
    }

    [Fact]
    public async Task A_baseline_evicts_nothing_and_the_serving_session_answers_if_memory_is_full()
    {
        // Each version takes 40 MiB while it is loaded, and at least 10 MiB from then on: two fit side by side, and no third. Tests
        // beside this one allocate too, which a measured load cannot tell from its own.
        await using var routed = new RoutedServing();
        for (var version = 1; version <= 2; version++)
        {
            routed.Serving.Add("m", version, VersionedModel.Of(version).Initializer("ballast", new float[5 << 20], 5 << 20));
        }

        await routed.Serving.StartAsync(static options => options.MemoryBudgetBytes = 60 << 20);
        await routed.HoldAsync(isHeld: true);
        routed.Route = routed.Route with { Canary = Tenth };

        await UntilAsync(routed, () => routed.Counts.Pairs.Control.Total >= 10);

        Assert.Equal(routed.Counts.Pairs.Control.Total, routed.Counts.Pairs.Unlike);
        Assert.Equal(0, routed.Counts.Serving.Errors);
        Assert.Equal(2, routed.Serving.Get<MemoryBudget>().ResidentCount);
    }

    private static async Task UntilAsync(RoutedServing routed, Func<bool> condition)
    {
        while (!condition())
        {
            await routed.InferAsync(Tensors.Floats("x", [1, 1], 0));
        }
    }
}
