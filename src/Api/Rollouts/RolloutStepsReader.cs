using System.Collections.Immutable;
using Krewe.Rollouts.Plans;

namespace Krewe.Api.Rollouts;

/// <summary>
/// Parses the steps of a plan: objects, or numbers as percentages. The plan's <c>dwell_seconds</c> and <c>min_requests</c> are the defaults
/// of its steps. <see cref="RolloutPlan.FindErrors"/> validates the steps as a whole.
/// </summary>
internal static class RolloutStepsReader
{
    /// <summary>Parses the steps; without any, returns the defaults of the strategy.</summary>
    public static ImmutableArray<RolloutStep> Read(BodyObject body, RolloutStrategy strategy)
    {
        if (strategy == RolloutStrategy.BlueGreen)
        {
            body.Refuse("a blue_green rollout has no steps, leave it out", "dwell_seconds", "min_requests");
        }

        if (body.Find("steps") is not { } steps)
        {
            return [.. RolloutPlan.DefaultSteps(strategy).Select(step => ReadLimits(body, step))];
        }

        var pattern = ReadLimits(body, new RolloutStep());
        return [.. steps.Items(RolloutPlan.MaxSteps, "[5, 25, 100]").Select(item => ReadStep(item, pattern, strategy))];
    }

    private static RolloutStep ReadStep(BodyValue item, RolloutStep pattern, RolloutStrategy strategy)
    {
        var isShadow = strategy == RolloutStrategy.Shadow;
        if (item.IsNumber)
        {
            return isShadow ? pattern with { Shadow = ReadShare(item) } : pattern with { Canary = ReadShare(item) };
        }

        if (!item.IsObject)
        {
            throw item.Wrong("""a percentage such as 5, or an object such as {"percent": 5, "dwell_seconds": 60}""");
        }

        var step = item.Object("percent", "shadow_percent", "dwell_seconds", "min_requests");
        return ReadLimits(step, pattern) with
        {
            Canary = step.Find("percent") is { } percent ? ReadShare(percent) : Share.None,
            Shadow = step.Find("shadow_percent") is { } shadow ? ReadShare(shadow) : isShadow ? Share.All : Share.None,
        };
    }

    private static RolloutStep ReadLimits(BodyObject from, RolloutStep step) => step with
    {
        Dwell = from.Find("dwell_seconds")?.Seconds(RolloutStep.MaxDwell) ?? step.Dwell,
        MinRequests = from.Find("min_requests")?.Integer(0, long.MaxValue) ?? step.MinRequests,
    };

    /// <summary>Rejects a positive percentage that rounds to 0.</summary>
    private static Share ReadShare(BodyValue percent)
    {
        var number = percent.Number(0, 100);
        return Share.TryFromPercent(number, out var share) && (number == 0 || share > Share.None) ? share : throw percent.Wrong(
            "0, or a number from 0.0001 to 100");
    }
}
