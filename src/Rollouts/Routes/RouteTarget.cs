using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.Routes;

/// <summary>The target of one call.</summary>
/// <param name="Version">The version; null for the newest that can serve.</param>
/// <param name="Role">The role in which it answers.</param>
/// <param name="Rollout">The rollout under which the call is counted; null for none.</param>
/// <param name="Fallback">The version that answers if this one fails; null for none.</param>
/// <param name="IsShadowed">True if a copy goes to the rollout's new version.</param>
public readonly record struct RouteTarget(
    ModelVersion? Version, TrafficRole Role, RolloutRoute? Rollout = null, ModelVersion? Fallback = null, bool IsShadowed = false);

/// <summary>The role in which a version answers a call.</summary>
public enum TrafficRole
{
    /// <summary>The version that serves callers who name none.</summary>
    Serving,

    /// <summary>A rollout's new version, in place of the serving one.</summary>
    Canary,

    /// <summary>A rollout's new version answering a copy; the response is dropped.</summary>
    Shadow,

    /// <summary>The version that the caller named, by number or alias.</summary>
    Named,

    /// <summary>A rollout's old version as control group: called beside the new one, and as rarely.</summary>
    Control,
}

/// <summary>What metrics and traces call roles.</summary>
public static class TrafficRoleNames
{
    public static string Name(this TrafficRole role) => role switch
    {
        TrafficRole.Serving => "serving",
        TrafficRole.Canary => "canary",
        TrafficRole.Shadow => "shadow",
        TrafficRole.Named => "named",
        TrafficRole.Control => "control",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };
}
