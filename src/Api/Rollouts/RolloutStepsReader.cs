using System.Collections.Immutable;
using Krewe.Abstractions;
using Krewe.Rollouts;

namespace Krewe.Api;

/// <summary>
/// Reads the steps of a plan: objects, or plain numbers for their percentage. <c>dwell_seconds</c> and <c>min_requests</c> beside them count for
/// every step that has none of its own.
/// </summary>
internal static class RolloutStepsReader
{
    /// <summary>The most steps of one plan.</summary>
    public const int MostSteps = 100;

    /// <summary>Reads them; none are the defaults of the strategy.</summary>
    public static ImmutableArray<RolloutStep> Read(BodyObject body, RolloutStrategy strategy)
    {
        if (strategy == RolloutStrategy.BlueGreen)
        {
            RefuseSteps(body);
            return [];
        }

        if (body.Find("steps") is not { } steps)
        {
            return [.. RolloutPlan.DefaultSteps(strategy).Select(step => ReadLimits(body, step))];
        }

        var items = steps.Items(MostSteps);
        if (items.Count == 0)
        {
            throw KreweException.InvalidInput("'steps' is empty: expected a step at least; left out, it means the defaults");
        }

        var pattern = ReadLimits(body, new RolloutStep());
        ImmutableArray<RolloutStep> read = [.. items.Select(item => ReadStep(item, pattern, strategy))];
        CheckGrowth(read);
        return read;
    }

    private static void RefuseSteps(BodyObject body)
    {
        foreach (var name in (ReadOnlySpan<string>)["steps", "dwell_seconds", "min_requests"])
        {
            if (body.Find(name) is not null)
            {
                throw KreweException.InvalidInput($"'{name}' has no meaning here: a blue_green rollout has no steps, leave it out");
            }
        }
    }

    private static RolloutStep ReadStep(BodyValue item, RolloutStep pattern, RolloutStrategy strategy)
    {
        var isShadow = strategy == RolloutStrategy.Shadow;
        if (item.IsNumber)
        {
            var share = ReadShare(item);
            return Checked(item, isShadow ? pattern with { Shadow = share } : pattern with { Canary = share }, isShadow);
        }

        var step = item.Object("percent", "shadow_percent", "dwell_seconds", "min_requests");
        return Checked(item, ReadLimits(step, pattern) with
        {
            Canary = step.Find("percent") is { } percent ? ReadShare(percent) : Share.None,
            Shadow = step.Find("shadow_percent") is { } shadow ? ReadShare(shadow) : isShadow ? Share.All : Share.None,
        }, isShadow);
    }

    private static RolloutStep Checked(BodyValue item, RolloutStep step, bool isShadow) =>
        isShadow && step.Canary > Share.None ? throw item.Wrong("a step of a shadow rollout, whose 'percent' is 0: the new version answers nobody")
        : step.Canary == Share.None && step.Shadow == Share.None ? throw item.Wrong("a step that sends or copies calls to the new version")
        : step;

    private static RolloutStep ReadLimits(BodyObject from, RolloutStep step) => step with
    {
        Dwell = from.Find("dwell_seconds")?.Seconds(RolloutPlanReader.LongestTime) ?? step.Dwell,
        MinRequests = from.Find("min_requests")?.Integer(0, RolloutPlanReader.MostRequests) ?? step.MinRequests,
    };

    private static Share ReadShare(BodyValue percent) =>
        Share.TryFromPercent(percent.Number(0, 100), out var share) ? share : throw percent.Wrong("a number from 0 to 100");

    private static void CheckGrowth(ImmutableArray<RolloutStep> steps)
    {
        for (var i = 1; i < steps.Length; i++)
        {
            if (steps[i].Canary < steps[i - 1].Canary)
            {
                throw KreweException.InvalidInput(
                    $"'steps[{i}]' has {steps[i].Canary} of the calls, the step before has {steps[i - 1].Canary}: expected shares that do not fall");
            }
        }
    }
}
