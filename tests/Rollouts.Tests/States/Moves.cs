using FsCheck;
using FsCheck.Fluent;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.States;

/// <summary>What can happen to a model's traffic, drawn at random.</summary>
internal static class Moves
{
    private static readonly GuardBreach Breach = new(GuardKind.P99, 2, 10, 30, 1000, 500, 1e-5);
    private static readonly string[] Aliases = ["prod", "latest", "beta", "old"];

    /// <summary>Rows of changes. One that contradicts the state throws <see cref="KreweException"/>.</summary>
    public static Arbitrary<Change[]> Rows() => Gen.Choose(0, 60).SelectMany(length => Change().ArrayOf(length)).ToArbitrary();

    /// <summary>Does all of a row that can be done.</summary>
    public static ModelTraffic DoAll(Change[] row)
    {
        var traffic = ModelTraffic.None;
        foreach (var (change, index) in row.Select((change, index) => (change, index)))
        {
            traffic = TryDo(traffic, change, index);
        }

        return traffic;
    }

    /// <summary>The next state; the same where the change contradicts it.</summary>
    public static ModelTraffic TryDo(ModelTraffic traffic, Change change, int second)
    {
        try
        {
            return change.Do(traffic, Some.Noon.AddSeconds(second));
        }
        catch (KreweException error) when (error.Code is KreweErrorCode.Conflict or KreweErrorCode.VersionNotFound)
        {
            return traffic;
        }
    }

    private static Gen<Change> Change() => Gen.OneOf(
        from plan in Plan()
        from number in Gen.Choose(1, 1000)
        select new Change("start", (traffic, at) => RolloutMachine.Start(
            traffic, plan, traffic.Aliases.GetValueOrDefault(ModelTraffic.Prod, new ModelVersion(1)), $"r{number}", new ChangeAuthor("anna", "why", at))),
        from command in Gen.Elements(Enum.GetValues<RolloutCommand>())
        select new Change($"{command}", (traffic, at) => RolloutMachine.Command(traffic, command, new ChangeAuthor("bert", "", at))),
        from move in Gen.Elements<RolloutMove>(
            new RolloutMove.Stay(), new RolloutMove.NextStep(), new RolloutMove.AwaitPromotion(), new RolloutMove.Switch(), new RolloutMove.Finish(),
            new RolloutMove.RollBack(Breach), Evaluation(3), Evaluation(0))
        select new Change($"{move.GetType().Name}", (traffic, at) => CanBeDecided(traffic, move) ? RolloutMachine.Apply(traffic, move, at) : traffic),
        Gen.Constant(new Change("warmed", RolloutMachine.Warmed)),
        Gen.Constant(new Change("warm-up failed", (traffic, at) => RolloutMachine.WarmUpFailed(traffic, "no", at))),
        from alias in Gen.Elements(Aliases)
        from version in Gen.Choose(1, 4)
        from kind in Gen.Choose(0, 3)
        select new Change($"{kind} {alias} {version}", (traffic, at) => Alter(traffic, kind, alias, new ModelVersion(version), new ChangeAuthor("", "x", at))));

    private static bool CanBeDecided(ModelTraffic traffic, RolloutMove move) => move switch
    {
        RolloutMove.NextStep or RolloutMove.AwaitPromotion or RolloutMove.Switch => traffic.Rollout?.Phase is null or RolloutPhase.Running or >= RolloutPhase.Promoted,
        RolloutMove.Finish => traffic.Rollout?.Phase is null or RolloutPhase.KeepingWarm or >= RolloutPhase.Promoted,
        _ => traffic.Rollout?.Phase != RolloutPhase.Warming,
    };

    private static ModelTraffic Alter(ModelTraffic traffic, int kind, string alias, ModelVersion version, ChangeAuthor author) => kind switch
    {
        0 => AliasChanges.Set(traffic, alias, version, author),
        1 => AliasChanges.Remove(traffic, alias, author),
        2 => AliasChanges.Retire(traffic, version, author),
        _ => AliasChanges.Forget(traffic, version, author),
    };

    private static RolloutMove.RecordEvaluation Evaluation(int evaluations) => new(
        evaluations,
        new GuardSignal(GuardKind.Disagreement, Some.Noon, Counted(evaluations), evaluations == 0 ? null : new GuardTrial(Some.Noon, Counted(2), 1, 2)),
        new GuardWindow(evaluations + 2, Some.Noon, Counted(1)));

    private static StepCounts Counted(long calls) => Some.Counts(Some.Calls(calls * 100), Some.Calls(calls, errors: calls), Some.Calls(7)) with
    {
        Comparison = new ComparisonCounts { Compared = calls, Disagreements = 1, LargestDifference = 0.25, SumOfMeanDifferences = 1e-3, Numeric = calls, Skipped = 2 },
    };

    private static Gen<RolloutPlan> Plan() =>
        from strategy in Gen.Elements(Enum.GetValues<RolloutStrategy>())
        from version in Gen.Choose(1, 4)
        from steps in Gen.Choose(0, 4)
        from parts in Gen.Choose(1, Share.Whole).ArrayOf(steps)
        from keepWarm in Gen.Choose(0, 1000)
        from promotes in Gen.Elements(true, false)
        from guard in Gen.Elements<double?>(null, 0.125, 3)
        select new RolloutPlan
        {
            Strategy = strategy, Version = new ModelVersion(version), PromotesItself = promotes, KeepWarm = TimeSpan.FromSeconds(keepWarm),
            Steps = [.. parts.Order().Select(part => new RolloutStep { Canary = new Share(part), Shadow = new Share(Share.Whole - part), MinRequests = part })],
            Guards = new RolloutGuards { MaxP50Ratio = guard, MaxDisagreement = guard }, Tolerance = new ComparisonTolerance(guard ?? 0, 1e-9),
        };
}
