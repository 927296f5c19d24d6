namespace Krewe.Rollouts.Plans;

/// <summary>Parts of a plan as text.</summary>
public static class PlanWords
{
    /// <summary>The name of a strategy.</summary>
    public static string Describe(RolloutStrategy strategy) => strategy switch
    {
        RolloutStrategy.Canary => "canary",
        RolloutStrategy.Shadow => "shadow",
        RolloutStrategy.BlueGreen => "blue/green",
        _ => throw new ArgumentOutOfRangeException(nameof(strategy), strategy, null),
    };

    /// <summary>A step's shares.</summary>
    public static string Describe(RolloutStep step) => (step.Canary > Share.None, step.Shadow > Share.None) switch
    {
        (true, true) => $"{step.Canary} of the calls, and copies of {step.Shadow}",
        (false, true) => $"copies of {step.Shadow} of the calls",
        _ => $"{step.Canary} of the calls",
    };
}
