using System.Globalization;

namespace Krewe.Rollouts.Plans;

/// <summary>Validates a plan.</summary>
internal static class PlanErrors
{
    public static IEnumerable<string> Find(RolloutPlan plan)
    {
        if (plan.Version.Number == 0)
        {
            yield return "the plan names no version: name the one to move to";
        }

        if (plan.KeepWarm < TimeSpan.Zero || plan.KeepWarm > RolloutPlan.MaxKeepWarm)
        {
            yield return $"the old version would be kept warm for {Time(plan.KeepWarm)}: expected 0 s to {Time(RolloutPlan.MaxKeepWarm)}";
        }

        foreach (var error in StepErrors.Find(plan).Concat(OfGuards(plan.Guards)).Concat(OfTolerance(plan.Tolerance)))
        {
            yield return error;
        }
    }

    internal static string Time(TimeSpan time) => $"{time.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s";

    private static IEnumerable<string> OfGuards(RolloutGuards guards)
    {
        if (guards.MaxErrorRateIncrease is not (null or (>= 0 and <= 1)))
        {
            yield return $"the guard of the error rate allows an increase of {Number(guards.MaxErrorRateIncrease)}: expected 0 to 1, such "
                + "as 0.01 for one percentage point";
        }

        if (guards.MaxP50Ratio is not (null or (>= 1 and <= RolloutGuards.MaxRatio)))
        {
            yield return Ratio("p50", guards.MaxP50Ratio);
        }

        if (guards.MaxP99Ratio is not (null or (>= 1 and <= RolloutGuards.MaxRatio)))
        {
            yield return Ratio("p99", guards.MaxP99Ratio);
        }

        foreach (var (quantile, increase) in new[] { ("p50", guards.MinP50Increase), ("p99", guards.MinP99Increase) })
        {
            if (increase < TimeSpan.Zero || increase > RolloutGuards.MaxIncrease)
            {
                yield return $"the guard of the {quantile} ignores an increase of {Number(increase.TotalMilliseconds)} ms: expected 0 "
                    + $"to {Number(RolloutGuards.MaxIncrease.TotalMilliseconds)}";
            }
        }

        if (guards.MaxDisagreement is not (null or (>= 0 and <= 1)))
        {
            yield return $"the guard of disagreement allows {Number(guards.MaxDisagreement)}: expected 0 to 1, such as 0.05 for five of a "
                + "hundred answers";
        }

        if (guards.MinSample is < 1 or > RolloutGuards.MaxMinSample)
        {
            yield return $"the guards' minimum sample is {guards.MinSample} calls: expected 1 to {RolloutGuards.MaxMinSample}";
        }
    }

    private static IEnumerable<string> OfTolerance(ComparisonTolerance tolerance)
    {
        if (!(tolerance.Relative >= 0 && double.IsFinite(tolerance.Relative) && tolerance.Absolute >= 0
            && double.IsFinite(tolerance.Absolute)))
        {
            yield return $"the tolerance is {Number(tolerance.Relative)} relative and {Number(tolerance.Absolute)} absolute: expected two "
                + "numbers of 0 or more";
        }
    }

    private static string Ratio(string quantile, double? ratio) =>
        $"the guard of the {quantile} allows a ratio of {Number(ratio)}: expected 1 to {RolloutGuards.MaxRatio}, such as 1.5 for 50 % "
            + "longer";

    private static string Number(double? value) => value.GetValueOrDefault().ToString(CultureInfo.InvariantCulture);
}
