using Krewe.Abstractions.Errors;
using Krewe.Rollouts.Plans;

namespace Krewe.Api.Rollouts;

/// <summary>
/// Parses a rollout plan; see docs/rollouts.md for its members. Missing ones have the defaults of <see cref="RolloutPlan"/>.
/// </summary>
internal static class RolloutPlanReader
{
    /// <summary>The members of a plan.</summary>
    public static readonly string[] Members =
    [
        "strategy", "version", "steps", "dwell_seconds", "min_requests", "guards", "tolerance", "promote", "keep_warm_seconds",
        "replica_by_replica",
    ];

    /// <summary>Parses the body; an invalid plan throws <see cref="KreweException"/>.</summary>
    public static RolloutPlan Read(BodyObject body)
    {
        var plan = ReadMembers(body);
        return plan.FindErrors() is { Count: > 0 } errors ? throw KreweException.InvalidInput(string.Join("; ", errors)) : plan;
    }

    private static RolloutPlan ReadMembers(BodyObject body)
    {
        var strategy = body.Get("strategy").Word(RolloutNames.Strategies);
        var plan = new RolloutPlan
        {
            Strategy = strategy,
            Version = body.Get("version").Version(),
            Steps = RolloutStepsReader.Read(body, strategy),
        };
        return plan with
        {
            Guards = body.Find("guards") is { } guards ? ReadGuards(guards, plan.Guards) : plan.Guards,
            Tolerance = body.Find("tolerance") is { } tolerance ? ReadTolerance(tolerance, plan.Tolerance) : plan.Tolerance,
            PromotesItself = body.Find("promote")?.Word(RolloutNames.Promotions) ?? plan.PromotesItself,
            KeepWarm = body.Find("keep_warm_seconds")?.Seconds(RolloutPlan.MaxKeepWarm) ?? plan.KeepWarm,
            ReplicaByReplica = body.Find("replica_by_replica")?.Boolean() ?? plan.ReplicaByReplica,
        };
    }

    private static RolloutGuards ReadGuards(BodyValue value, RolloutGuards defaults)
    {
        var guards = value.Object(
            "max_error_rate_increase", "max_p50_ratio", "min_p50_increase_ms", "max_p99_ratio", "min_p99_increase_ms", "max_disagreement",
            "min_sample");
        return new RolloutGuards
        {
            MaxErrorRateIncrease = ReadThreshold(guards.Find("max_error_rate_increase"), 0, 1, defaults.MaxErrorRateIncrease),
            MaxP50Ratio = ReadThreshold(guards.Find("max_p50_ratio"), 1, RolloutGuards.MaxRatio, defaults.MaxP50Ratio),
            MaxP99Ratio = ReadThreshold(guards.Find("max_p99_ratio"), 1, RolloutGuards.MaxRatio, defaults.MaxP99Ratio),
            MinP50Increase = ReadIncrease(guards.Find("min_p50_increase_ms"), defaults.MinP50Increase),
            MinP99Increase = ReadIncrease(guards.Find("min_p99_increase_ms"), defaults.MinP99Increase),
            MaxDisagreement = ReadThreshold(guards.Find("max_disagreement"), 0, 1, defaults.MaxDisagreement),
            MinSample = guards.Find("min_sample")?.Integer(1, RolloutGuards.MaxMinSample) ?? defaults.MinSample,
        };
    }

    private static double? ReadThreshold(BodyValue? value, double least, double most, double? otherwise) =>
        value is not { } given ? otherwise : given.IsNull ? null : given.Number(least, most);

    private static TimeSpan ReadIncrease(BodyValue? value, TimeSpan otherwise) =>
        value is { } given ? TimeSpan.FromMilliseconds(given.Number(0, RolloutGuards.MaxIncrease.TotalMilliseconds)) : otherwise;

    private static ComparisonTolerance ReadTolerance(BodyValue value, ComparisonTolerance defaults)
    {
        var tolerance = value.Object("relative", "absolute");
        return new ComparisonTolerance(
            tolerance.Find("relative")?.Number(0, double.MaxValue) ?? defaults.Relative,
            tolerance.Find("absolute")?.Number(0, double.MaxValue) ?? defaults.Absolute);
    }
}
