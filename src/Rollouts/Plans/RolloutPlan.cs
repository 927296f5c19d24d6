using System.Collections.Immutable;
using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.Plans;

/// <summary>What an operator wants: a planned move of a model's traffic to another version.</summary>
public sealed record RolloutPlan
{
    /// <summary>The most steps of a plan.</summary>
    public const int MaxSteps = 100;

    private static readonly int[] CanaryPercents = [1, 5, 25, 50, 100];

    /// <summary>The longest <see cref="KeepWarm"/>.</summary>
    public static TimeSpan MaxKeepWarm { get; } = TimeSpan.FromHours(24);

    /// <summary>How it moves.</summary>
    [JsonPropertyName("strategy")]
    public required RolloutStrategy Strategy { get; init; }

    /// <summary>The version it moves to.</summary>
    [JsonPropertyName("version")]
    public required ModelVersion Version { get; init; }

    /// <summary>The steps in their order; none for <see cref="RolloutStrategy.BlueGreen"/>.</summary>
    [JsonPropertyName("steps")]
    public required ImmutableArray<RolloutStep> Steps { get; init; }

    /// <summary>What sends it back.</summary>
    [JsonPropertyName("guards")]
    public RolloutGuards Guards { get; init; } = new();

    /// <summary>When compared answers agree.</summary>
    [JsonPropertyName("tolerance")]
    public ComparisonTolerance Tolerance { get; init; } = ComparisonTolerance.Default;

    /// <summary>True where success after the last step promotes, false where that waits for an operator.</summary>
    [JsonPropertyName("promotesItself")]
    public bool PromotesItself { get; init; } = true;

    /// <summary>How long the old version is kept in memory after the switch, so that a rollback is instant.</summary>
    [JsonPropertyName("keepWarm")]
    public TimeSpan KeepWarm { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// True where there is no room for both versions: replica by replica, the old one leaves memory before the new one is loaded in its
    /// place. Callers of that replica wait for the load meanwhile.
    /// </summary>
    [JsonPropertyName("replicaByReplica")]
    public bool ReplicaByReplica { get; init; }

    /// <summary>Everything that cannot be right in it, each with what would be; empty for a plan that can be begun.</summary>
    public IReadOnlyList<string> FindErrors() => [.. PlanErrors.Find(this)];

    /// <summary>The steps of a strategy where the operator names none.</summary>
    public static ImmutableArray<RolloutStep> DefaultSteps(RolloutStrategy strategy) => strategy switch
    {
        RolloutStrategy.Canary =>
            [.. CanaryPercents.Select(percent => new RolloutStep { Canary = new Share(percent * (Share.Whole / 100)) })],
        RolloutStrategy.Shadow => [new RolloutStep { Shadow = Share.All }],
        RolloutStrategy.BlueGreen => [],
        _ => throw new ArgumentOutOfRangeException(nameof(strategy), strategy, null),
    };
}

/// <summary>One step of a rollout. It is over when both its time and its requests have passed and no guard is in doubt.</summary>
public sealed record RolloutStep
{
    /// <summary>The longest <see cref="Dwell"/>.</summary>
    public static TimeSpan MaxDwell { get; } = TimeSpan.FromDays(30);

    /// <summary>The share of the calls that the new version answers.</summary>
    [JsonPropertyName("canary")]
    public Share Canary { get; init; }

    /// <summary>The share of the serving version's calls that are copied to the new version.</summary>
    [JsonPropertyName("shadow")]
    public Share Shadow { get; init; }

    /// <summary>The least time the step takes; pauses do not count.</summary>
    [JsonPropertyName("dwell")]
    public TimeSpan Dwell { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The least number of calls that the new version must have answered in this step, copies included.</summary>
    [JsonPropertyName("minRequests")]
    public long MinRequests { get; init; } = 500;
}

/// <summary>How a model moves from one version to another.</summary>
public enum RolloutStrategy
{
    /// <summary>The new version answers a share of the calls, which grows step by step.</summary>
    [JsonStringEnumMemberName("Canary")]
    Canary,

    /// <summary>The new version gets copies of a share of the calls; its answers are compared and dropped.</summary>
    [JsonStringEnumMemberName("Shadow")]
    Shadow,

    /// <summary>The new version is warmed up, then takes all calls at once.</summary>
    [JsonStringEnumMemberName("BlueGreen")]
    BlueGreen,
}
