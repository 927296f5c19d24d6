using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Routes;

/// <summary>How a model's calls are routed at one moment: what routers hold a snapshot of. Immutable, swapped whole.</summary>
public sealed record TrafficRoute
{
    /// <summary>Nothing was decided: the newest version that can serve takes all calls.</summary>
    public static TrafficRoute Default { get; } = new();

    /// <summary>The aliases that were set.</summary>
    [JsonPropertyName("aliases")]
    public ImmutableDictionary<string, ModelVersion> Aliases { get; init; } = ImmutableDictionary.Create<string, ModelVersion>(
        StringComparer.Ordinal);

    /// <summary>The rollout under way; null for none.</summary>
    [JsonPropertyName("rollout")]
    public RolloutRoute? Rollout { get; init; }

    /// <summary>Versions that nobody is sent to any more, ascending.</summary>
    [JsonPropertyName("retired")]
    public ImmutableArray<ModelVersion> Retired { get; init; } = [];

    /// <summary>Why it is not known what was decided: then only calls that name a number are answered. Null where it is known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonPropertyName("problem")]
    public string? Problem { get; init; }

    /// <summary>True where nothing was decided.</summary>
    public bool IsDefault => Aliases.IsEmpty && Rollout is null && Retired.IsEmpty && Problem is null;

    /// <summary>What routers need of what was decided.</summary>
    public static TrafficRoute Of(ModelTraffic traffic) => new()
    {
        Aliases = traffic.Aliases.ToImmutableDictionary(StringComparer.Ordinal),
        Rollout = traffic.ActiveRollout is { } rollout ? RolloutRoute.Of(rollout) : null,
        Retired = [.. traffic.Retired],
    };
}
