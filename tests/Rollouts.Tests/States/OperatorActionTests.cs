using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.States;

/// <summary>
/// Every state of a rollout and everything that an operator may do in it. Each action does what it says, or is refused with what to do
/// instead; what changes nothing finds the rollout where it was to be brought.
/// </summary>
public sealed class OperatorActionTests
{
    private const string Refused = "refused: ";
    private const string Same = "as it was: ";
    private static readonly ModelVersion Old = new(1);
    private static readonly ModelVersion New = new(2);
    private static readonly ModelVersion Third = new(3);
    private static readonly ChangeAuthor Anna = new("anna", "", Some.Noon);

    private static readonly Dictionary<string, Func<ModelTraffic, ModelTraffic>> Actions = new()
    {
        ["pause"] = traffic => RolloutMachine.Command(traffic, RolloutCommand.Pause, Anna),
        ["resume"] = traffic => RolloutMachine.Command(traffic, RolloutCommand.Resume, Anna),
        ["promote"] = traffic => RolloutMachine.Command(traffic, RolloutCommand.Promote, Anna),
        ["abort"] = traffic => RolloutMachine.Command(traffic, RolloutCommand.Abort, Anna),
        ["begin another"] = traffic => RolloutMachine.Start(traffic, Some.Plan with { Version = Third }, traffic.Aliases[ModelTraffic.Prod], "b", Anna),
        ["set prod"] = traffic => AliasChanges.Set(traffic, ModelTraffic.Prod, Third, Anna),
        ["remove prod"] = traffic => AliasChanges.Remove(traffic, ModelTraffic.Prod, Anna),
        ["delete old"] = traffic => AliasChanges.Retire(traffic, Old, Anna),
        ["delete new"] = traffic => AliasChanges.Retire(traffic, New, Anna),
    };

    [Theory]
    [InlineData("pause", "Warming, Pause is pending", "Paused", Same + "Paused", Refused + "promote or abort it", Refused + "promote it again")]
    [InlineData("resume", Same + "Warming", Same + "Running", "Running", Refused + "only a paused rollout can be", Refused + "only a paused rollout can be")]
    [InlineData("promote", "Warming, Promote is pending", "KeepingWarm", "KeepingWarm", "KeepingWarm", "Promoted")]
    [InlineData("abort", "Aborted", "Aborted", "Aborted", "Aborted", "Aborted")]
    [InlineData("begin another", Refused + "promote or abort it", Refused + "promote or abort it", Refused + "promote or abort it", Refused + "promote or abort it", Refused + "promote it again")]
    [InlineData("set prod", Refused + "promote or abort it", Refused + "promote or abort it", Refused + "promote or abort it", Refused + "promote or abort it", Refused + "promote it again")]
    [InlineData("remove prod", Refused + "promote or abort it", Refused + "promote or abort it", Refused + "promote or abort it", Refused + "promote or abort it", Refused + "promote it again")]
    [InlineData("delete old", Refused + "or abort it", Refused + "or abort it", Refused + "or abort it", Refused + "or abort it", Refused + "promote it again to release version 1")]
    [InlineData("delete new", Refused + "or abort it", Refused + "or abort it", Refused + "or abort it", Refused + "or abort it", Refused + "promote it again to release version 1")]
    public void While_it_is_under_way(string action, string warming, string running, string paused, string awaiting, string keepingWarm)
    {
        AssertBecomes(warming, Do(action, Started()));
        AssertBecomes(running, Do(action, Running()));
        AssertBecomes(paused, Do(action, Paused()));
        AssertBecomes(awaiting, Do(action, Awaiting()));
        AssertBecomes(keepingWarm, Do(action, KeepingWarm()));
    }

    [Theory]
    [InlineData("pause", Refused + "start a new one", Refused + "start a new one", Refused + "start a new one")]
    [InlineData("resume", Refused + "only a paused rollout can be", Refused + "only a paused rollout can be", Refused + "only a paused rollout can be")]
    [InlineData("promote", Same + "Promoted", Refused + "start a new one", Refused + "start a new one")]
    [InlineData("abort", Refused + "point the alias 'prod' to version 1 to go back", Same + "RolledBack", Same + "Aborted")]
    [InlineData("begin another", "Warming", "Warming", "Warming")]
    [InlineData("set prod", "prod is 3", "prod is 3", "prod is 3")]
    [InlineData("remove prod", "prod is not set", "prod is not set", "prod is not set")]
    [InlineData("delete old", "1 is retired", Refused + "point it to another version first", Refused + "point it to another version first")]
    [InlineData("delete new", Refused + "point it to another version first", "2 is retired", "2 is retired")]
    public void Once_it_has_ended(string action, string promoted, string rolledBack, string aborted)
    {
        AssertBecomes(promoted, Do(action, RolloutMachine.Command(KeepingWarm(), RolloutCommand.Promote, Anna)));
        AssertBecomes(rolledBack, Do(action, RolloutMachine.WarmUpFailed(Started(), "no", Some.Noon)));
        AssertBecomes(aborted, Do(action, RolloutMachine.Command(Running(), RolloutCommand.Abort, Anna)));
    }

    [Fact]
    public void Ending_the_keep_warm_is_recorded_and_releases_the_old_version()
    {
        var traffic = RolloutMachine.Command(KeepingWarm(), RolloutCommand.Promote, Anna with { Why = "all is well" });

        Assert.Equal(("anna", "the canary rollout from version 1 to version 2 is done", "all is well"), (traffic.History[^1].Actor, traffic.History[^1].What, traffic.History[^1].Why));
        Assert.Empty(traffic.KeptWarm);
        Assert.Equal(New, traffic.Aliases[ModelTraffic.Prod]);
    }

    /// <summary>A refusal has to have the advice; anything else is what it is to be.</summary>
    private static void AssertBecomes(string expected, string actual)
    {
        if (!expected.StartsWith(Refused, StringComparison.Ordinal))
        {
            Assert.Equal(expected, actual);
            return;
        }

        Assert.StartsWith(Refused, actual, StringComparison.Ordinal);
        Assert.Contains(expected[Refused.Length..], actual, StringComparison.Ordinal);
    }

    /// <summary>What becomes of it, in words.</summary>
    private static string Do(string action, ModelTraffic before)
    {
        try
        {
            var after = Actions[action](before);
            return ReferenceEquals(before, after) ? $"{Same}{after.Rollout!.Phase}" : Describe(before, after);
        }
        catch (KreweException error) when (error.Code == KreweErrorCode.Conflict)
        {
            return $"{Refused}{error.Message}";
        }
    }

    private static string Describe(ModelTraffic before, ModelTraffic after)
    {
        Assert.Equal(before.Revision + 1, after.Revision);
        return after.Retired.Count > before.Retired.Count ? $"{after.Retired[^1]} is retired"
            : after.Rollout!.Pending is { } pending ? $"{after.Rollout.Phase}, {pending} is pending"
            : after.Rollout != before.Rollout ? $"{after.Rollout.Phase}"
            : after.Aliases.TryGetValue(ModelTraffic.Prod, out var prod) ? $"prod is {prod}"
            : "prod is not set";
    }

    private static ModelTraffic Started() => RolloutMachine.Start(ModelTraffic.None, Some.Plan, Old, "a", Anna);

    private static ModelTraffic Running() => RolloutMachine.Warmed(Started(), Some.Noon);

    private static ModelTraffic Paused() => RolloutMachine.Command(Running(), RolloutCommand.Pause, Anna);

    private static ModelTraffic Awaiting() => RolloutMachine.Apply(Running(), new RolloutMove.AwaitPromotion(), Some.Noon);

    private static ModelTraffic KeepingWarm() => RolloutMachine.Command(Running(), RolloutCommand.Promote, Anna);
}
