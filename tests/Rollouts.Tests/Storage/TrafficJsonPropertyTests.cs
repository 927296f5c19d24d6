using FsCheck.Fluent;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Storage;
using Krewe.Rollouts.Tests.States;

namespace Krewe.Rollouts.Tests.Storage;

public sealed class TrafficJsonPropertyTests
{
    [Fact]
    public void Any_state_comes_back_as_it_was_stored() => Properties.Hold(500, Prop.ForAll(Moves.Rows(), row =>
    {
        var traffic = Moves.DoAll(row);
        var json = TrafficJson.Write(traffic);
        var back = TrafficJson.ReadTraffic(json);
        return TrafficJson.Write(back).AsSpan().SequenceEqual(json)
            && back.Revision == traffic.Revision && back.Aliases.SequenceEqual(traffic.Aliases) && back.Retired.SetEquals(traffic.Retired)
            && back.History.SequenceEqual(traffic.History) && AreSame(traffic.Rollout, back.Rollout);
    }));

    // An array of steps is equal to itself alone.
    private static bool AreSame(Rollout? stored, Rollout? back) => stored is null
        ? back is null
        : back is not null && stored.Plan.Steps.SequenceEqual(back.Plan.Steps)
            && stored with { Plan = back.Plan } == back && stored.Plan with { Steps = back.Plan.Steps } == back.Plan;
}
