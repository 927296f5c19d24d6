namespace Krewe.Rollouts.Plans;

/// <summary>Validates a plan's steps, numbered from 1.</summary>
internal static class StepErrors
{
    public static IEnumerable<string> Find(RolloutPlan plan)
    {
        if (plan.Strategy == RolloutStrategy.BlueGreen)
        {
            return plan.Steps.IsDefaultOrEmpty ? [] : ["a blue/green rollout moves all calls at once and has no steps, the plan has "
                + $"{plan.Steps.Length}: leave them out, or make it a canary"];
        }

        return plan.Steps.IsDefaultOrEmpty ? [$"a {PlanWords.Describe(plan.Strategy)} rollout needs at least one step"]
            : plan.Steps.Length > RolloutPlan.MaxSteps
                ? [$"the plan has {plan.Steps.Length} steps: at most {RolloutPlan.MaxSteps} are possible"]
            : plan.Steps.SelectMany((step, index) => OfStep(plan, step, index).Select(error => $"step {index + 1} {error}"));
    }

    private static IEnumerable<string> OfStep(RolloutPlan plan, RolloutStep step, int index)
    {
        if (step.Dwell < TimeSpan.Zero || step.Dwell > RolloutStep.MaxDwell)
        {
            yield return $"takes {PlanErrors.Time(step.Dwell)}: expected 0 s to {PlanErrors.Time(RolloutStep.MaxDwell)}";
        }

        if (step.MinRequests < 0)
        {
            yield return $"waits for {step.MinRequests} calls: expected 0 or more";
        }

        foreach (var error in plan.Strategy == RolloutStrategy.Shadow ? OfCopies(step) : OfShares(plan, step, index))
        {
            yield return error;
        }
    }

    private static IEnumerable<string> OfCopies(RolloutStep step)
    {
        if (step.Canary > Share.None)
        {
            yield return $"gives {step.Canary} of the calls to the new version, and a shadow rollout only copies calls: leave that out, or "
                + "make it a canary";
        }

        if (step.Shadow == Share.None)
        {
            yield return "copies no calls: expected a share above 0 %";
        }
    }

    private static IEnumerable<string> OfShares(RolloutPlan plan, RolloutStep step, int index)
    {
        if (step.Canary == Share.None && step.Shadow == Share.None)
        {
            yield return "gives the new version no calls and no copies: expected a share above 0 % of one of them";
        }

        if (step.Canary == Share.All && step.Shadow > Share.None)
        {
            yield return $"copies {step.Shadow} of the old version's calls, and leaves it none: copies end where the new version has all "
                + "calls";
        }

        if (index > 0 && step.Canary < plan.Steps[index - 1].Canary)
        {
            yield return $"gives the new version {step.Canary} of the calls after {plan.Steps[index - 1].Canary}: expected shares that do "
                + "not fall";
        }
    }
}
