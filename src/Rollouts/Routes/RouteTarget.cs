using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.Routes;

/// <summary>Where one call goes.</summary>
/// <param name="Version">The version; null for the newest that can serve.</param>
/// <param name="Role">As what it answers.</param>
/// <param name="Rollout">The rollout under whose name the call is counted; null for none.</param>
/// <param name="Fallback">The version that answers where this one fails; null for none.</param>
/// <param name="IsShadowed">True where a copy goes to the rollout's new version.</param>
public readonly record struct RouteTarget(
    ModelVersion? Version, TrafficRole Role, RolloutRoute? Rollout = null, ModelVersion? Fallback = null, bool IsShadowed = false);

/// <summary>As what a version answers a call.</summary>
public enum TrafficRole
{
    /// <summary>As the one that serves callers who name no version.</summary>
    Serving,

    /// <summary>As the new version of a rollout, in place of the serving one.</summary>
    Canary,

    /// <summary>As the new version of a rollout that gets copies; nobody sees the answer.</summary>
    Shadow,

    /// <summary>Because the caller named it, by number or alias.</summary>
    Named,

    /// <summary>As the old version of a rollout, beside the new one and as seldom as that: what its durations are compared with.</summary>
    Control,
}
