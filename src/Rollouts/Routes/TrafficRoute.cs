using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Routes;

/// <summary>A model's entry in the routing table. Immutable; replaced as a whole.</summary>
public sealed record TrafficRoute
{
    /// <summary>Without any decision: the newest version that can serve takes all calls.</summary>
    public static TrafficRoute Default { get; } = new();

    /// <summary>Aliases that are set.</summary>
    [JsonPropertyName("aliases")]
    public ImmutableDictionary<string, ModelVersion> Aliases { get; init; } = ImmutableDictionary.Create<string, ModelVersion>(
        StringComparer.Ordinal);

    /// <summary>The active rollout; null for none.</summary>
    [JsonPropertyName("rollout")]
    public RolloutRoute? Rollout { get; init; }

    /// <summary>Versions that get no new calls, ascending.</summary>
    [JsonPropertyName("retired")]
    public ImmutableArray<ModelVersion> Retired { get; init; } = [];

    /// <summary>Why decisions could not be read; only calls that name a version number are answered then. Otherwise null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonPropertyName("problem")]
    public string? Problem { get; init; }

    /// <summary>True without any decision.</summary>
    public bool IsDefault => Aliases.IsEmpty && Rollout is null && Retired.IsEmpty && Problem is null;

    /// <summary>The route that follows from a model's decisions.</summary>
    public static TrafficRoute Of(ModelTraffic traffic) => new()
    {
        Aliases = traffic.Aliases.ToImmutableDictionary(StringComparer.Ordinal),
        Rollout = traffic.ActiveRollout is { } rollout ? RolloutRoute.Of(rollout) : null,
        Retired = [.. traffic.Retired],
    };
}
