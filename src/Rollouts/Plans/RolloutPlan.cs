using System.Collections.Immutable;
using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.Plans;

/// <summary>A planned move of a model's traffic to another version.</summary>
public sealed record RolloutPlan
{
    /// <summary>The maximum number of steps.</summary>
    public const int MaxSteps = 100;

    private static readonly int[] CanaryPercents = [1, 5, 25, 50, 100];

    /// <summary>The maximum of <see cref="KeepWarm"/>.</summary>
    public static TimeSpan MaxKeepWarm { get; } = TimeSpan.FromHours(24);

    /// <summary>The strategy.</summary>
    [JsonPropertyName("strategy")]
    public required RolloutStrategy Strategy { get; init; }

    /// <summary>The new version.</summary>
    [JsonPropertyName("version")]
    public required ModelVersion Version { get; init; }

    /// <summary>The steps in order; none for <see cref="RolloutStrategy.BlueGreen"/>.</summary>
    [JsonPropertyName("steps")]
    public required ImmutableArray<RolloutStep> Steps { get; init; }

    /// <summary>The thresholds for rolling back.</summary>
    [JsonPropertyName("guards")]
    public RolloutGuards Guards { get; init; } = new();

    /// <summary>The tolerance of compared responses.</summary>
    [JsonPropertyName("tolerance")]
    public ComparisonTolerance Tolerance { get; init; } = ComparisonTolerance.Default;

    /// <summary>True to promote after the last step, false to wait for an operator.</summary>
    [JsonPropertyName("promotesItself")]
    public bool PromotesItself { get; init; } = true;

    /// <summary>How long the old version stays in memory after the switch, for an instant rollback.</summary>
    [JsonPropertyName("keepWarm")]
    public TimeSpan KeepWarm { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// True when memory cannot hold both versions: each replica unloads the old version before it loads the new one. Calls to
    /// that replica wait for the load.
    /// </summary>
    [JsonPropertyName("replicaByReplica")]
    public bool ReplicaByReplica { get; init; }

    /// <summary>All validation errors, each with what is expected; empty for a valid plan.</summary>
    public IReadOnlyList<string> FindErrors() => [.. PlanErrors.Find(this)];

    /// <summary>The default steps of a strategy.</summary>
    public static ImmutableArray<RolloutStep> DefaultSteps(RolloutStrategy strategy) => strategy switch
    {
        RolloutStrategy.Canary =>
            [.. CanaryPercents.Select(percent => new RolloutStep { Canary = new Share(percent * (Share.Whole / 100)) })],
        RolloutStrategy.Shadow => [new RolloutStep { Shadow = Share.All }],
        RolloutStrategy.BlueGreen => [],
        _ => throw new ArgumentOutOfRangeException(nameof(strategy), strategy, null),
    };
}

/// <summary>One step of a rollout. It ends when its time and its requests are reached and no guard is in doubt.</summary>
public sealed record RolloutStep
{
    /// <summary>The maximum of <see cref="Dwell"/>.</summary>
    public static TimeSpan MaxDwell { get; } = TimeSpan.FromDays(30);

    /// <summary>The share of calls that go to the new version.</summary>
    [JsonPropertyName("canary")]
    public Share Canary { get; init; }

    /// <summary>The share of the serving version's calls that are copied to the new version.</summary>
    [JsonPropertyName("shadow")]
    public Share Shadow { get; init; }

    /// <summary>The minimum duration of the step, without pauses.</summary>
    [JsonPropertyName("dwell")]
    public TimeSpan Dwell { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The minimum number of calls that the new version answers in this step, including copies.</summary>
    [JsonPropertyName("minRequests")]
    public long MinRequests { get; init; } = 500;
}

/// <summary>How traffic moves from one version to another.</summary>
public enum RolloutStrategy
{
    /// <summary>The new version answers a share of the calls that grows with each step.</summary>
    [JsonStringEnumMemberName("Canary")]
    Canary,

    /// <summary>The new version gets copies of a share of the calls; its responses are compared and dropped.</summary>
    [JsonStringEnumMemberName("Shadow")]
    Shadow,

    /// <summary>The new version is warmed up, then gets all calls at once.</summary>
    [JsonStringEnumMemberName("BlueGreen")]
    BlueGreen,
}
