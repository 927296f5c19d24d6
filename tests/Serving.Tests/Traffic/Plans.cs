using Krewe.Abstractions;
using Krewe.Rollouts;

namespace Krewe.Serving.Tests;

/// <summary>Plans that tests begin.</summary>
internal static class Plans
{
    /// <summary>A canary by percentages, each for a minute and ten calls, then promoted by itself; its guards say nothing.</summary>
    public static RolloutPlan Canary(long version, params int[] percents) => new()
    {
        Strategy = RolloutStrategy.Canary,
        Version = new ModelVersion(version),
        Steps = [.. percents.Select(percent => new RolloutStep { Canary = Percent(percent), MinRequests = 10 })],
        Guards = Silent,
    };

    /// <summary>All calls at once.</summary>
    public static RolloutPlan BlueGreen(long version) => new()
    {
        Strategy = RolloutStrategy.BlueGreen, Version = new ModelVersion(version), Steps = [], Guards = Silent,
    };

    public static Share Percent(int percent) => new(percent * (Share.Whole / 100));

    // How long calls take on this machine is none of these tests' business.
    public static RolloutGuards Silent { get; } = new() { MaxP50Ratio = null, MaxP99Ratio = null, MaxErrorRateIncrease = null, MaxDisagreement = null };
}
